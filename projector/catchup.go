package projector

import (
	"context"
	"fmt"
	"log/slog"

	"offprint/events"
	"offprint/events/stream"
)

// History is a log that can be read up to a serial. *stream.Log implements it.
type History interface {
	Read(ctx context.Context, log events.Log, after, to uint64, fn func(stream.Message) error) error
	End(ctx context.Context, log events.Log) (uint64, error)
}

// CatchUp applies log to store from its cursor up to the serial to, and
// returns when that is committed; it does nothing if the cursor is there
// already. Unlike Run it gives up at the first error, which is an
// *events.UnknownKindError for an event of a newer version. progress, which may
// be nil, hears of each commit. A nil logger logs nothing.
func CatchUp(ctx context.Context, log events.Log, source History, store Store, engines Engines, to uint64, logger *slog.Logger, progress func(serial uint64)) error {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	p := New(log, nil, store, engines, logger, nil)
	cursor, err := store.Cursor(ctx, string(log))
	if err != nil {
		return fmt.Errorf("cursor %s: %w", log, err)
	}
	p.begin(ctx, cursor)
	err = source.Read(ctx, log, cursor, to, func(m stream.Message) error {
		if err := p.take(&m); err != nil {
			return err
		}
		if m.Serial < to && !p.full() {
			return nil
		}
		if err := p.commit(ctx); err != nil {
			return err
		}
		if progress != nil {
			progress(p.at)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("replay %s: %w", log, err)
	}
	return nil
}
