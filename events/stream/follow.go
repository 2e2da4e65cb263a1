package stream

import (
	"context"
	"fmt"

	"offprint/events"
)

// Message is one stored message. Err is what Decode said; Event then has what
// could be read.
type Message struct {
	Serial  uint64
	Subject string
	Header  map[string][]string
	Data    []byte
	Event   events.Event
	Err     error
	Pending uint64 // at least so many more were in the log by now; 0: none is known of
}

// ahead is how many messages are decoded before they are asked for.
const ahead = 64

// Follow calls fn with every message of log after the sequence after, in order
// and without end, until ctx ends or fn returns an error. A lost connection
// that comes back, and a server that takes over from another, go unnoticed.
// While the log cannot be reached it returns ErrUnavailable; call it again.
func (l *Log) Follow(ctx context.Context, log events.Log, after uint64, fn func(Message) error) error {
	return l.follow(ctx, log, after, 0, fn)
}

// Read calls fn with the messages after the sequence after up to and including
// the sequence to, then returns. It waits for messages that are not there yet.
func (l *Log) Read(ctx context.Context, log events.Log, after, to uint64, fn func(Message) error) error {
	if to <= after {
		return nil
	}
	return l.follow(ctx, log, after, to, fn)
}

func (l *Log) follow(ctx context.Context, log events.Log, after, to uint64, fn func(Message) error) error {
	// The receiver's context has no deadline: the library would cut its pulls
	// short by it, and refuse very short ones.
	receive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r := &receiver{js: l.js, stream: names[log], after: after, to: to, queue: make(chan Message, ahead)}
	// Ended by cancel. Nobody waits for it: it holds nothing, and a request to
	// a server that is away may take its time.
	go r.run(receive)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-r.queue:
			if !ok {
				return fmt.Errorf("%w: follow %s: %w", ErrUnavailable, log, r.err)
			}
			m.Pending = max(m.Pending, uint64(len(r.queue)))
			if err := fn(m); err != nil {
				return err
			}
			if to > 0 && m.Serial >= to {
				return nil
			}
		}
	}
}
