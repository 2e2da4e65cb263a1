// Offprint takes in software releases once and hands every customer exactly the
// packages they may have, through the tools they already use.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"offprint/projector"
	projectnpm "offprint/projector/npm"
	projectoci "offprint/projector/oci"
	projectraw "offprint/projector/raw"
	projectgems "offprint/projector/rubygems"
	"offprint/serve"
	servenpm "offprint/serve/npm"
	serveoci "offprint/serve/oci"
	serveraw "offprint/serve/raw"
	servegems "offprint/serve/rubygems"
)

// Version is set by the build.
var Version = "dev"

// engine is a package engine: how its files become documents, and how those are
// served.
type engine struct {
	project projector.Engine
	serve   *serve.Engine
}

// engines is every engine, one line each.
func engines() []engine {
	return []engine{
		{projectnpm.Engine(), servenpm.New()},
		{projectraw.Engine(), serveraw.New()},
		{projectgems.Engine(), servegems.New()},
		{projectoci.Engine(projectoci.Limits{}), serveoci.New(0)},
	}
}

// commands is the command line. Every flag has an environment twin
// OFFPRINT_<FLAG>.
type commands struct {
	Up      upCmd      `cmd:"" group:"server" help:"Run the server: publishing API, projector and package indexes."`
	Export  exportCmd  `cmd:"" group:"server" help:"Write every event of both logs as JSON lines."`
	Import  importCmd  `cmd:"" group:"server" help:"Read an export into an empty log."`
	Verify  verifyCmd  `cmd:"" group:"server" help:"Replay the log and compare with what is stored."`
	Demo    demoCmd    `cmd:"" group:"server" help:"Start a server with a package of every engine and a license, and print how to install them."`
	Version versionCmd `cmd:"" group:"server" help:"Print the version."`

	Login       loginCmd       `cmd:"" group:"publish" help:"Keep a server and a token for the commands below."`
	Logout      logoutCmd      `cmd:"" group:"publish" help:"Forget them."`
	Publish     publishCmd     `cmd:"" group:"publish" help:"Publish files in one step: draft, upload, publish, tag."`
	Product     productCmd     `cmd:"" group:"manage" help:"Products: what is sold. Everything else belongs to one."`
	Package     packageCmd     `cmd:"" group:"manage" help:"Packages: what customers install by name."`
	Release     releaseCmd     `cmd:"" group:"manage" help:"Releases: versions of a package, or of a product without packages."`
	Artifact    artifactCmd    `cmd:"" group:"manage" help:"Artifacts: the files of releases."`
	Entitlement entitlementCmd `cmd:"" group:"manage" help:"Entitlements: what licenses hold and releases ask for."`
	Policy      policyCmd      `cmd:"" group:"manage" help:"Policies: what licenses have in common."`
	License     licenseCmd     `cmd:"" group:"manage" help:"Licenses: who may install what, until when."`
	User        userCmd        `cmd:"" group:"manage" help:"Users: staff, and owners of licenses."`
	Token       tokenCmd       `cmd:"" group:"manage" help:"Tokens: how users, products and licenses prove who they are."`
}

// commandGroups head the lists of commands and flags.
var commandGroups = kong.Groups{
	"server":     "Server:",
	"publish":    "Publish:",
	"manage":     "Manage, over the API of a running server:",
	"connection": "Connection, unless offprint login has it:",
}

// versionCmd is also what --version does.
type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(con *console) error {
	_, err := fmt.Fprintln(con.out, Version)
	return err
}

// about heads the help.
const about = "A package server that hands every customer exactly what they may have.\n\n" +
	"Every flag --some-flag can be set as OFFPRINT_SOME_FLAG, but for those that describe a resource, such as --name. " +
	"offprint COMMAND --help tells more.\n\n" +
	"Exit codes: 0 done; 1 the server refused, or verify found something; 2 it could not be tried."

// exitError is an error with the exit code that the contract gives it.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// console is where commands read and write.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// run parses args and runs the command. Exit codes: 0 done; 1 the command
// found something (verify, import), or the server refused; 2 it could not run.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	var cli commands
	exit := -1
	if len(args) == 1 && args[0] == "--version" { // no flag: commands have a --version of their own
		args = []string{"version"}
	}
	parser, err := kong.New(&cli, kong.Name("offprint"), kong.Writers(out, errw), kong.Exit(func(code int) { exit = code }),
		kong.Description(about),
		kong.DefaultEnvars("OFFPRINT"), kong.PostBuild(withoutTwins), commandGroups, kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err != nil {
		fmt.Fprintln(errw, "offprint:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintln(errw, "offprint:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&console{in, out, errw})
	if err == nil {
		return 0
	}
	fmt.Fprintln(errw, "offprint:", err)
	var coded *exitError
	if !errors.As(err, &coded) {
		return 2
	}
	var refused *apiError
	if errors.As(err, &refused) && refused.hint() != "" {
		fmt.Fprintln(errw, " ", refused.hint())
	}
	return coded.code
}
