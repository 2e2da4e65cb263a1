package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/valyala/fasthttp"
)

// newLogger writes lines of key=value, or of JSON. format "auto" is text for a
// person at a terminal and JSON for everything else.
func newLogger(w io.Writer, format, level string) *slog.Logger {
	opts := &slog.HandlerOptions{Level: levels[level]}
	if format == "json" || format == "auto" && !terminal(w) {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// levels by the words of --log-level.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// httpLogger takes what the HTTP server has to say. An error it could quote a
// request in, and with it a secret, is told by its type alone: SecureErrorLogMessage
// keeps the request's text out of most errors, but not a header line that has no
// colon.
type httpLogger struct{ *slog.Logger }

// Printf implements fasthttp.Logger.
func (l httpLogger) Printf(format string, args ...any) {
	for i, arg := range args {
		var network net.Error
		if err, ok := arg.(error); ok && !errors.As(err, &network) {
			args[i] = fmt.Sprintf("a request that cannot be read (%T)", err)
		}
	}
	l.Warn("http server", "message", fmt.Sprintf(format, args...))
}

var _ fasthttp.Logger = httpLogger{}
