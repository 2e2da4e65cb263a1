package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// artifactCmd are the commands about the files of releases.
type artifactCmd struct {
	List   listCmd[artifactFilter]              `cmd:"" help:"List artifacts."`
	Show   showCmd[oneArtifact]                 `cmd:"" help:"Show an artifact."`
	Create artifactCreateCmd                    `cmd:"" aliases:"upload" help:"Add a file to a release and upload it."`
	Update updateCmd[oneArtifact, artifactText] `cmd:"" help:"Change what is said of an artifact."`
	Delete deleteCmd[oneArtifact]               `cmd:"" help:"Delete an artifact; its bytes are given to nobody any more."`
}

type artifacts struct{}

func (artifacts) noun() noun {
	return noun{"artifacts", []string{"id", "filename", "filesize", "status", "platform", "arch", "release"}}
}

type artifactFilter struct {
	artifacts
	Release  *string `query:"release" placeholder:"RELEASE" help:"Of this release only: its id, or version or tag beside --package or --product."`
	Product  *string `query:"product" placeholder:"CODE" help:"Of this product only, by id or code."`
	Package  *string `query:"package" placeholder:"KEY" help:"Of this package only, by id or key; empty: those without package."`
	Channel  *string `query:"channel" placeholder:"CHANNEL" help:"In this channel only."`
	Engine   *string `query:"engine" placeholder:"ENGINE" help:"Of this engine only."`
	Platform *string `query:"platform" placeholder:"TEXT" help:"For this platform only."`
	Arch     *string `query:"arch" placeholder:"TEXT" help:"For this architecture only."`
	Filetype *string `query:"filetype" placeholder:"TEXT" help:"Of this file type only."`
	Status   *string `query:"status" placeholder:"STATUS" help:"WAITING, PROCESSING, UPLOADED, FAILED or YANKED only."`
}

// oneArtifact finds an artifact.
type oneArtifact struct {
	artifacts
	Artifact string `arg:"" help:"Id of the artifact, or its file name with --release."`
	Release  string `action:"" placeholder:"RELEASE" help:"Id of its release; or version or tag, with --package or --product."`
	place
}

func (o oneArtifact) find(ctx context.Context, s *session) (string, error) {
	if _, err := uuid.Parse(o.Artifact); err == nil {
		return pathOf("artifacts", o.Artifact)
	}
	if o.Release == "" {
		return "", fmt.Errorf("artifact %s of which release? Give --release, or the id of the artifact", o.Artifact)
	}
	r, err := o.release(ctx, s, o.Release)
	if err != nil {
		return "", err
	}
	var out struct{ Data resource }
	path := "releases/" + r.ID + "/artifacts/" + url.PathEscape(o.Artifact) + "?prefer=no-download"
	if _, err := s.call(ctx, "GET", s.below(path), nil, &out); err != nil {
		return "", fmt.Errorf("artifact %s: %w", o.Artifact, err)
	}
	return "artifacts/" + out.Data.ID, nil
}

type artifactText struct {
	Filesize  *int64  `attr:"filesize" placeholder:"BYTES" help:"Size, before the bytes are there."`
	Signature *string `attr:"signature" placeholder:"TEXT" help:"A signature of yours."`
	Checksum  *string `attr:"checksum" placeholder:"DIGEST" help:"Checksum, in hexadecimal or base64."`
	metadataFlag
}

// artifactCreateCmd uploads a file.
type artifactCreateCmd struct {
	connectFlags
	outputFlags
	File    string `arg:"" type:"existingfile" help:"The file."`
	Release string `action:"" required:"" placeholder:"RELEASE" help:"Id of the release; or its version or tag, with --package or --product."`
	place
	Filename  string  `action:"" placeholder:"NAME" help:"Name that it gets; without it the file's own. May hold slashes."`
	Filetype  *string `attr:"filetype" placeholder:"TEXT" help:"Its type, such as dmg."`
	Platform  *string `attr:"platform" placeholder:"TEXT" help:"Platform that it is for."`
	Arch      *string `attr:"arch" placeholder:"TEXT" help:"Architecture that it is for."`
	Signature *string `attr:"signature" placeholder:"TEXT" help:"A signature of yours."`
	metadataFlag
}

// Run uploads the file, unless these very bytes are there, and prints the
// artifact.
func (c *artifactCreateCmd) Run(ctx context.Context, con *console) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	release, err := c.release(ctx, s, c.Release)
	if err != nil {
		return refusal(err)
	}
	name := c.Filename
	if name == "" {
		name = filepath.Base(c.File)
	}
	if strings.TrimSpace(name) == "" {
		return errors.New("--filename: cannot be blank")
	}
	file, err := openUpload(ctx, c.File, name)
	if err != nil {
		return err
	}
	file.attributes = attributesOf(c)
	u := uploads{session: s, con: con, release: release}
	artifact, err := u.settle(ctx, file)
	if err != nil {
		return refusal(err)
	}
	return c.send(ctx, con, s, "GET", "artifacts/"+artifact.ID, nil)
}
