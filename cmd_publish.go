package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// publishCmd takes files from the disk to the customers in one step.
type publishCmd struct {
	connectFlags
	outputFlags
	Files         []string `arg:"" name:"file" type:"existingfile" help:"The files of one release."`
	Engine        string   `action:"" placeholder:"ENGINE" help:"Take the files for this engine's, instead of finding out. raw: as files that no tool reads."`
	Package       string   `placeholder:"KEY" help:"The package, by id or key, if the files do not name it. Raw files can do without."`
	Product       string   `placeholder:"CODE" help:"The product, by id or code: for raw files without package, and for --create-package."`
	Version       string   `env:"-" placeholder:"VERSION" help:"Version, if the files do not name it."`
	Channel       string   `placeholder:"CHANNEL" help:"stable, rc, beta, alpha or dev; without it what the version says."`
	Tag           string   `placeholder:"TAG" help:"Give the release this tag, such as latest, once it is published."`
	Force         bool     `action:"" help:"Take --tag from the release that has it, in one step."`
	CreatePackage bool     `action:"" help:"Make the package if it is not there; needs --product."`
	Draft         bool     `action:"" help:"Upload, but do not publish."`
}

// Help implements kong.HelpProvider.
func (*publishCmd) Help() string {
	return `Reads engine, name and version from the files, drafts the release, uploads with checksums, publishes, and says how customers install it:

  offprint publish acme-hello-1.0.0.tgz
  offprint publish acme-hello-1.1.0-beta.1.tgz --tag next --force
  offprint publish install.sh app.dmg --product hello --version 1.0.0 --tag latest

Whatever interrupts it, the same command again finishes the job: what is there is kept, if it has the same bytes. A file with other bytes is refused: what customers may have got never changes.

A release that needs entitlements is drafted first (offprint release create 1.0.0 --package @acme/hello --constraints BETA); publish then finds that draft.

Exit codes: 0 published; 1 the server refused; 2 it could not be tried, or not to the end.`
}

// Run publishes.
func (c *publishCmd) Run(ctx context.Context, con *console) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	p := &publication{session: s, con: con, want: c, say: con.out}
	if c.Output == "json" {
		p.say = con.err
	}
	if err := p.read(ctx); err != nil {
		return err
	}
	err = p.run(ctx)
	var refused *apiError
	var coded *exitError
	switch {
	case err == nil:
	case errors.As(err, &coded), errors.As(err, &refused):
		return refusal(err)
	case ctx.Err() != nil:
		return errors.New("interrupted; the same command again goes on from here")
	default:
		return fmt.Errorf("%w; the same command again goes on from here", err)
	}
	if c.Output == "json" {
		return c.send(ctx, con, s, "GET", "releases/"+p.release.ID, nil)
	}
	return p.explain(ctx)
}

// publication is one run of publish.
type publication struct {
	*session
	con  *console
	want *publishCmd
	say  io.Writer // what was done, line by line

	recognized                          // of all files
	files                 []*uploadFile // in the order of the command line
	pkg, product, release resource
}

// read finds out what the files are, and reads their digests. It asks no
// server.
func (p *publication) read(ctx context.Context) error {
	names := map[string]bool{}
	var reasons []string
	for _, path := range p.want.Files {
		name := filepath.Base(path)
		if names[name] {
			return fmt.Errorf("%s: another file of the release has this name", path)
		}
		names[name] = true
		r, why, err := recognize(path, p.want.Engine)
		if err != nil {
			return err
		}
		if err := p.agree(name, r); err != nil {
			return err
		}
		reasons = append(reasons, why...)
		f, err := openUpload(ctx, path, name)
		if err != nil {
			return err
		}
		f.attributes = r.attributes
		p.files = append(p.files, f)
	}
	return p.complete(reasons)
}

// agree takes up what a file says of itself; all must say the same. Files that
// say nothing go along with the others.
func (p *publication) agree(name string, r recognized) error {
	switch {
	case r.engine == rawEngine:
	case p.engine == "":
		p.recognized = r
	case r.engine != p.engine || r.key != p.key || r.version != p.version:
		return fmt.Errorf("%s is %s, the files before it are %s: one release at a time", name, r, p.recognized)
	}
	return nil
}

// complete adds what only flags can say.
func (p *publication) complete(reasons []string) error {
	c := p.want
	if p.engine == "" {
		p.engine, p.key, p.version = rawEngine, c.Package, c.Version
		if p.version == "" || p.key == "" && c.Product == "" {
			return fmt.Errorf("%s: not a package that names itself%s; to publish it as it is give --version, and --product or --package",
				p.files[0].name, because(reasons))
		}
	}
	p.version = completeVersion(p.version)
	if c.Version != "" && completeVersion(c.Version) != p.version {
		return fmt.Errorf("--version %s: the file says %s", c.Version, p.version)
	}
	if c.Channel == "" {
		channel, err := channelOf(p.version)
		if err != nil {
			return err
		}
		c.Channel = channel
	}
	switch {
	case c.Package != "" && c.Package != p.key && p.engine != rawEngine:
		return fmt.Errorf("%s is %s, not %s: --engine raw adds it as it is", p.files[0].name, p.key, c.Package)
	case c.CreatePackage && p.key == "":
		return errors.New("--create-package needs --package for files that do not name it")
	case c.CreatePackage && c.Product == "":
		return errors.New("--create-package needs --product: the product that the package is to belong to")
	case c.Draft && c.Tag != "":
		return errors.New("--draft and --tag: tag it when it is published")
	case c.Force && c.Tag == "":
		return errors.New("--force needs --tag")
	}
	return nil
}

func because(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return " (" + strings.Join(reasons, "; ") + ")"
}

// run brings the server to where the command wants it. Each step first looks
// whether it is done, so that a crash anywhere is mended by running again.
func (p *publication) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.findPackage, p.findRelease, p.checkTag, p.draft, p.upload, p.publish, p.tag} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// upload settles every file.
func (p *publication) upload(ctx context.Context) error {
	u := uploads{session: p.session, con: p.con, say: p.say, release: p.release}
	for _, f := range p.files {
		if _, err := u.settle(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// publish makes the release visible.
func (p *publication) publish(ctx context.Context) error {
	switch {
	case p.want.Draft:
		fmt.Fprintln(p.say, "  left as a draft")
		return nil
	case p.release.text("status") == "PUBLISHED":
		fmt.Fprintln(p.say, "  already published")
		return nil
	}
	if err := p.client.publish(ctx, p.account, p.release); err != nil {
		return err
	}
	fmt.Fprintln(p.say, "  published")
	return nil
}

// tag gives the release its tag.
func (p *publication) tag(ctx context.Context) error {
	tag := p.want.Tag
	switch tag {
	case "":
		return nil
	case p.release.text("tag"):
		fmt.Fprintf(p.say, "  already tagged %s\n", tag)
		return nil
	}
	if _, err := p.call(ctx, "PATCH", p.below("releases/"+p.release.ID), tagDocument(tag, p.want.Force), nil); err != nil {
		return fmt.Errorf("published, but not tagged %s: %w", tag, err)
	}
	fmt.Fprintf(p.say, "  tagged %s\n", tag)
	return nil
}

// place narrows look-ups of releases to where this one's version is unique.
func (p *publication) place() url.Values {
	return url.Values{"product": {p.product.ID}, "package": {p.pkg.ID}}
}
