// Package logtest has what tests of everything behind the log need: [Log], both
// logs in memory, and [World], which makes random valid histories.
package logtest

import (
	"context"
	"fmt"
	"path"
	"strings"
	"sync"

	"offprint/events"
	"offprint/events/stream"
)

// Log is both logs in memory. What goes in is encoded and decoded as by the
// real ones. All methods may be called by many goroutines.
type Log struct {
	mu      sync.Mutex
	stored  map[events.Log][]events.Stored
	changed chan struct{} // closed by the next append
}

// NewLog gives empty logs.
func NewLog() *Log {
	return &Log{stored: map[events.Log][]events.Stored{}, changed: make(chan struct{})}
}

// Put appends e as it is and gives its serial.
func (l *Log) Put(e events.Event) uint64 {
	header, body := events.Encode(e)
	return l.PutRaw(e.Subject.Log, e.Subject.String(), header, body)
}

// PutRaw appends a message that need not decode.
func (l *Log) PutRaw(log events.Log, subject string, header map[string][]string, body []byte) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.put(events.Stored{Log: log, Subject: subject, Header: header, Body: body})
}

func (l *Log) put(s events.Stored) uint64 {
	s.Serial = uint64(len(l.stored[s.Log])) + 1
	l.stored[s.Log] = append(l.stored[s.Log], s)
	close(l.changed)
	l.changed = make(chan struct{})
	return s.Serial
}

// Append is Put if the last event of e's boundary has the serial last, else
// stream.ErrLostRace.
func (l *Log) Append(_ context.Context, e events.Event, last uint64) (uint64, error) {
	header, body := events.Encode(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.last(e.Subject.Boundary()); at != last {
		return 0, fmt.Errorf("%s: last is %d, not %d: %w", e.Kind, at, last, stream.ErrLostRace)
	}
	return l.put(events.Stored{Log: e.Subject.Log, Subject: e.Subject.String(), Header: header, Body: body}), nil
}

// Last gives the serial of the last event of b; 0 if there is none.
func (l *Log) Last(_ context.Context, b events.Boundary) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last(b), nil
}

func (l *Log) last(b events.Boundary) uint64 {
	stored := l.stored[b.Log]
	for i := len(stored) - 1; i >= 0; i-- {
		if Matches(b.Filter, stored[i].Subject) {
			return stored[i].Serial
		}
	}
	return 0
}

// Matches says whether a subject lies under a filter of NATS that ends in ".>".
func Matches(filter, subject string) bool {
	head := strings.TrimSuffix(filter, ">")
	tokens := strings.SplitAfter(subject, ".")
	n := strings.Count(head, ".")
	if len(tokens) <= n {
		return false
	}
	slash := strings.NewReplacer(".", "/")
	ok, err := path.Match(slash.Replace(head), slash.Replace(strings.Join(tokens[:n], "")))
	return ok && err == nil
}

// End is the serial of the last event.
func (l *Log) End(_ context.Context, log events.Log) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.stored[log])), nil
}

// Stored is everything in a log.
func (l *Log) Stored(log events.Log) []events.Stored {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]events.Stored(nil), l.stored[log]...)
}

// Read calls fn with the messages in (after, to].
func (l *Log) Read(ctx context.Context, log events.Log, after, to uint64, fn func(stream.Message) error) error {
	all := l.Stored(log)
	for ; after < min(to, uint64(len(all))); after++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(Message(all[after], uint64(len(all))-after-1)); err != nil {
			return err
		}
	}
	return nil
}

// Follow calls fn with all messages after a serial until ctx ends or fn fails.
func (l *Log) Follow(ctx context.Context, log events.Log, after uint64, fn func(stream.Message) error) error {
	for {
		l.mu.Lock()
		end, changed := uint64(len(l.stored[log])), l.changed
		l.mu.Unlock()
		if err := l.Read(ctx, log, after, end, fn); err != nil {
			return err
		}
		after = end
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// Message is s as a follower gets it, with so many more to come.
func Message(s events.Stored, pending uint64) stream.Message {
	m := stream.Message{Serial: s.Serial, Subject: s.Subject, Header: s.Header, Data: s.Body, Pending: pending}
	m.Event, m.Err = events.Decode(s.Subject, s.Header, s.Body, s.Serial)
	return m
}
