package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The roles of a process.
const (
	roleIngest  = "ingest"  // takes commands: the publishing API
	roleProject = "project" // turns the log into documents, and validates files
	roleServe   = "serve"   // answers installers
)

// upCmd runs a server.
type upCmd struct {
	storeFlags
	ociFlags
	Listen            string         `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where clients and publishers connect."`
	AdminListen       string         `placeholder:"ADDR" help:"Where /metrics is, instead of on --listen; /healthz and /readyz are on both."`
	NATSListen        string         `name:"nats-listen" placeholder:"ADDR" help:"Where the embedded log takes connections of other systems. Everyone who can connect there can read and write everything."`
	Roles             []string       `default:"ingest,project,serve" placeholder:"ROLE,..." help:"What this process does: ingest, project, serve."`
	Account           string         `placeholder:"SLUG" help:"Account that must exist; it is made if it does not."`
	AdminToken        string         `placeholder:"TOKEN" help:"Token that must be one of that account's admin tokens. Without it, a new account gets one that is printed once."`
	AdminTokenFile    string         `placeholder:"FILE" help:"File that holds --admin-token."`
	OperatorToken     string         `placeholder:"TOKEN" help:"Token of whoever runs the server: makes accounts, exports, verifies."`
	OperatorTokenFile string         `placeholder:"FILE" help:"File that holds --operator-token."`
	PublicURL         string         `placeholder:"URL" help:"Base of links for clients that come by an unknown host. Without it every host is known."`
	Domain            string         `placeholder:"NAME" help:"{account}.NAME and {engine}.pkg.NAME are hosts of accounts and engines."`
	TrustedProxies    []netip.Prefix `placeholder:"CIDR,..." help:"Proxies whose X-Forwarded-* headers count."`
	AccessMaxStale    time.Duration  `name:"access-max-staleness" default:"1s" help:"How old the knowledge of rights may be before requests with credentials are refused. Raising it weakens revocation."`
	StopTimeout       time.Duration  `default:"30s" help:"How long a stop waits for requests in flight."`
	AccessLog         bool           `help:"Log every request, by route, never by path."`
	LogFormat         string         `enum:"auto,text,json" default:"auto" help:"auto, text or json."`
	LogLevel          string         `enum:"debug,info,warn,error" default:"info" help:"debug, info, warn or error."`
}

// Run serves until ctx ends.
func (c *upCmd) Run(ctx context.Context, con *console) error {
	if err := c.resolve(); err != nil {
		return err
	}
	n := newNode(c, newLogger(con.err, c.LogFormat, c.LogLevel), con.out)
	defer n.stop()
	if err := n.start(ctx); err != nil {
		return err
	}
	return n.run(ctx)
}

// slugForm is what an account's name in URLs looks like.
var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// resolve reads the flags that name files and checks what can be checked before
// anything is opened.
func (c *upCmd) resolve() error {
	if err := c.storeFlags.resolve(); err != nil {
		return err
	}
	if err := c.ociFlags.resolve(); err != nil {
		return err
	}
	if err := secret("admin-token", &c.AdminToken, c.AdminTokenFile); err != nil {
		return err
	}
	if err := secret("operator-token", &c.OperatorToken, c.OperatorTokenFile); err != nil {
		return err
	}
	for _, role := range c.Roles {
		if role != roleIngest && role != roleProject && role != roleServe {
			return fmt.Errorf("--roles %s: known are ingest, project and serve", role)
		}
	}
	switch {
	case len(c.Roles) == 0:
		return fmt.Errorf("--roles: name at least one of ingest, project and serve")
	case !c.whole() && !c.external():
		return fmt.Errorf("--roles %s: a process that is not the whole server needs --nats, --database and --blobs", strings.Join(c.Roles, ","))
	case !c.whole() && c.ServerKeyFile == "" && (c.has(roleIngest) || c.has(roleServe)):
		return fmt.Errorf("--roles %s: a process that is not the whole server needs --server-key-file", strings.Join(c.Roles, ","))
	case c.NATS != "" && c.NATSListen != "":
		return fmt.Errorf("--nats-listen is for the embedded log, which --nats replaces")
	case c.AccessMaxStale < time.Second:
		return fmt.Errorf("--access-max-staleness %v: must be 1s at least", c.AccessMaxStale)
	case c.StopTimeout <= 0:
		return fmt.Errorf("--stop-timeout %v: must be positive", c.StopTimeout)
	}
	return c.resolveNames()
}

// resolveNames checks the account, the tokens and the URLs of links.
func (c *upCmd) resolveNames() error {
	if c.Account != "" && !slugForm.MatchString(c.Account) {
		return fmt.Errorf("--account %q: must be 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen", c.Account)
	}
	if c.AdminToken != "" && c.Account == "" {
		return fmt.Errorf("--admin-token needs --account")
	}
	for flag, token := range map[string]string{"--admin-token": c.AdminToken, "--operator-token": c.OperatorToken} {
		if token != "" && !validToken(token) {
			return fmt.Errorf("%s: must be 1 to 255 printable ASCII characters without space and colon, and no UUID", flag)
		}
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("--public-url %s: must be http:// or https:// and a host, without a path", redacted(c.PublicURL))
		}
	}
	if strings.ContainsAny(c.Domain, "/:@ ") || strings.HasPrefix(c.Domain, ".") {
		return fmt.Errorf("--domain %q: must be the name of a domain", c.Domain)
	}
	return nil
}

// validToken says whether a token that an operator chose can be presented in
// every way that clients know.
func validToken(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' || r == ':' {
			return false
		}
	}
	_, err := uuid.Parse(s)
	return len(s) >= 1 && len(s) <= 255 && err != nil
}

func (c *upCmd) has(role string) bool { return slices.Contains(c.Roles, role) }

// whole says that this process is a server by itself.
func (c *upCmd) whole() bool { return c.has(roleIngest) && c.has(roleProject) && c.has(roleServe) }

// LogValue is the configuration as the start prints it, without any secret.
func (c *upCmd) LogValue() slog.Value {
	set := func(s string) string {
		if s == "" {
			return ""
		}
		return "(set)"
	}
	return slog.GroupValue(slog.String("listen", c.Listen), slog.String("admin-listen", c.AdminListen), slog.String("data", c.Data),
		slog.String("roles", strings.Join(c.Roles, ",")), slog.String("nats", redacted(c.NATS)), slog.String("nats-listen", c.NATSListen),
		slog.String("database", redacted(c.Database)), slog.String("blobs", redacted(c.Blobs)), slog.String("server-key-file", c.ServerKeyFile),
		slog.String("account", c.Account), slog.String("admin-token", set(c.AdminToken)), slog.String("operator-token", set(c.OperatorToken)),
		slog.String("public-url", c.PublicURL), slog.String("domain", c.Domain), slog.String("trusted-proxies", joined(c.TrustedProxies)),
		slog.String("access-max-staleness", c.AccessMaxStale.String()), slog.String("stop-timeout", c.StopTimeout.String()), slog.Bool("access-log", c.AccessLog))
}

func joined(prefixes []netip.Prefix) string {
	var list []string
	for _, p := range prefixes {
		list = append(list, p.String())
	}
	return strings.Join(list, ",")
}
