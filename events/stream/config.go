// Package stream keeps events on NATS JetStream: it makes and checks the two
// streams, appends with an expected sequence, and follows them in order. The
// embedded server and an external cluster are the same code.
package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

// MaxMessage is the greatest event, headers included: 1 MiB.
const MaxMessage = 1 << 20

// ErrConfig is wrapped by errors that an operator has to mend: a stream that
// forgets, a server that is too old.
var ErrConfig = errors.New("log configuration")

// Names of the streams.
var names = map[events.Log]string{events.Releases: "RELEASES", events.Access: "ACCESS"}

// Config is the definition of the stream of one log. Nothing in it ever
// expires, and nobody can delete or purge.
func Config(log events.Log, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               names[log],
		Subjects:           []string{string(log) + ".>"},
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew,
		Storage:            jetstream.FileStorage,
		Compression:        jetstream.S2Compression,
		Replicas:           replicas,
		Duplicates:         time.Hour,
		MaxMsgSize:         MaxMessage,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        replicas == 1, // a replica may answer from behind
		AllowAtomicPublish: true,
	}
}

// Log is a connection to both streams.
type Log struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	streams map[events.Log]jetstream.Stream // handles only: no state
}

// Open makes the streams if they are missing, and refuses to go on (ErrConfig)
// if they or the server would not keep what events promise.
func Open(ctx context.Context, nc *nats.Conn, replicas int) (*Log, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	if err := checkServer(nc); err != nil {
		return nil, err
	}
	l := &Log{nc: nc, js: js, streams: map[events.Log]jetstream.Stream{}}
	for _, log := range []events.Log{events.Releases, events.Access} {
		if err := l.ensure(ctx, log, replicas); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func checkServer(nc *nats.Conn) error {
	var major, minor int
	if _, err := fmt.Sscanf(nc.ConnectedServerVersion(), "%d.%d", &major, &minor); err != nil || major < 2 || major == 2 && minor < 12 {
		return fmt.Errorf("%w: NATS server %s is too old, 2.12 is needed", ErrConfig, nc.ConnectedServerVersion())
	}
	if nc.MaxPayload() < MaxMessage {
		return fmt.Errorf("%w: max_payload of the NATS server is %d, at least %d is needed", ErrConfig, nc.MaxPayload(), MaxMessage)
	}
	return nil
}

func (l *Log) ensure(ctx context.Context, log events.Log, replicas int) error {
	want := Config(log, replicas)
	s, err := l.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = l.js.CreateStream(ctx, want)
	}
	if err != nil {
		return fmt.Errorf("open stream %s: %w", want.Name, err)
	}
	l.streams[log] = s
	return check(s.CachedInfo().Config, want)
}

// check says how a stream that exists differs from what is promised.
func check(have, want jetstream.StreamConfig) error {
	for _, f := range []struct {
		name       string
		have, want any
	}{
		{"max_age", have.MaxAge, time.Duration(0)},
		{"max_msgs", max(have.MaxMsgs, -1), int64(-1)},
		{"max_bytes", max(have.MaxBytes, -1), int64(-1)},
		{"max_msgs_per_subject", max(have.MaxMsgsPerSubject, -1), int64(-1)},
		{"retention", have.Retention, want.Retention},
		{"discard", have.Discard, want.Discard},
		{"storage", have.Storage, want.Storage},
		{"deny_delete", have.DenyDelete, true},
		{"deny_purge", have.DenyPurge, true},
		{"num_replicas", have.Replicas, want.Replicas},
		{"subjects", strings.Join(have.Subjects, ","), strings.Join(want.Subjects, ",")},
		{"no_ack", have.NoAck, false},
	} {
		if f.have != f.want {
			return fmt.Errorf("%w: stream %s has %s %v, it must be %v", ErrConfig, want.Name, f.name, f.have, f.want)
		}
	}
	if have.MaxMsgSize >= 0 && have.MaxMsgSize < want.MaxMsgSize {
		return fmt.Errorf("%w: stream %s has max_msg_size %d, it must be at least %d", ErrConfig, want.Name, have.MaxMsgSize, want.MaxMsgSize)
	}
	return nil
}

// Conn is the NATS connection, for change notices.
func (l *Log) Conn() *nats.Conn { return l.nc }

// JetStream is for the work queue of the validators.
func (l *Log) JetStream() jetstream.JetStream { return l.js }
