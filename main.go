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
	"offprint/serve"
	servenpm "offprint/serve/npm"
	serveoci "offprint/serve/oci"
	serveraw "offprint/serve/raw"
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
		{projectoci.Engine(projectoci.Limits{}), serveoci.New(0)},
	}
}

// commands is the command line. Every flag has an environment twin
// OFFPRINT_<FLAG>.
type commands struct {
	Up      upCmd            `cmd:"" help:"Run the server: publishing API, projector and package indexes."`
	Export  exportCmd        `cmd:"" help:"Write every event of both logs as JSON lines."`
	Import  importCmd        `cmd:"" help:"Read an export into an empty log."`
	Verify  verifyCmd        `cmd:"" help:"Replay the log and compare with what is stored."`
	Demo    demoCmd          `cmd:"" help:"Start a server with an npm package, an image, a raw file and a license, and print how to install them."`
	Version kong.VersionFlag `help:"Print the version and exit."`
}

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
// found something (verify, import); 2 it could not run.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("offprint"), kong.Writers(out, errw), kong.Exit(func(code int) { exit = code }),
		kong.Description("A package server that hands every customer exactly what they may have."),
		kong.DefaultEnvars("OFFPRINT"), kong.Vars{"version": Version}, kong.UsageOnError())
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
	if errors.As(err, &coded) {
		return coded.code
	}
	return 2
}
