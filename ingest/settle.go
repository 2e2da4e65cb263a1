package ingest

import (
	"context"

	"offprint/events"
)

// settle waits until done says so, or until SettleFor has passed: then what is
// going on goes on without the caller. done reads the state anew; it is asked
// after every advance of the projection of the release log.
func (a *API) settle(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.SettleFor)
	defer cancel()
	for {
		// Before the state is read, so that an advance in between is not missed.
		applied := a.progress.Applied(events.Releases)
		if ok, err := done(); err != nil || ok {
			return err
		}
		if err := a.progress.Wait(ctx, events.Releases, applied+1); err != nil {
			return nil
		}
	}
}
