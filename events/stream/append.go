package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

// ErrLostRace says that the boundary has an event newer than the decision saw:
// read again and decide again.
var ErrLostRace = errors.New("another event came first")

// ErrUnavailable says that it is not known whether the log took the event, or
// that the log cannot be reached.
var ErrUnavailable = errors.New("the log is unavailable")

// ErrTooLarge says that an event is larger than MaxMessage.
var ErrTooLarge = errors.New("the event is too large")

const (
	// unknownFor is how long a publish with an unknown outcome is repeated,
	// tryFor how long one of them waits.
	unknownFor = 5 * time.Second
	tryFor     = 2 * time.Second
	// firstPause and maxPause bound the pause before a repeat.
	firstPause = 5 * time.Millisecond
	maxPause   = 250 * time.Millisecond
)

// JetStream codes of a lost race: single stream, and replicated stream with a
// write in flight; and of a message that the stream does not take.
const (
	codeWrongLast        jetstream.ErrorCode = 10071
	codeWrongLastPending jetstream.ErrorCode = 10164
	codeTooLarge         jetstream.ErrorCode = 10054
)

// Append stores e, if the last event of its boundary has the sequence last (0
// for none), and returns its sequence. Errors wrap ErrLostRace,
// ErrUnavailable or ErrTooLarge. Appending an event again that is stored already, by its id,
// is success.
func (l *Log) Append(ctx context.Context, e events.Event, last uint64) (uint64, error) {
	msg := message(e)
	b := e.Subject.Boundary()
	msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(last, 10))
	msg.Header.Set(jetstream.ExpectedLastSubjSeqSubjHeader, b.Filter)
	return l.publish(ctx, msg, e, last)
}

func message(e events.Event) *nats.Msg {
	header, body := events.Encode(e)
	msg := &nats.Msg{Subject: e.Subject.String(), Header: nats.Header(header), Data: body}
	msg.Header.Set(jetstream.MsgIDHeader, e.ID)
	return msg
}

// publish repeats until the outcome is known. A crash between two repeats is
// harmless: the event is stored or not, and the client asks again.
func (l *Log) publish(ctx context.Context, msg *nats.Msg, e events.Event, last uint64) (uint64, error) {
	deadline := time.Now().Add(unknownFor)
	pause := firstPause
	for unknown := false; ; unknown = true {
		try, cancel := context.WithTimeout(ctx, min(tryFor, max(time.Until(deadline), firstPause)))
		ack, err := l.js.PublishMsg(try, msg, jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			return ack.Sequence, nil // ack.Duplicate: the first publish had been stored
		}
		var api *jetstream.APIError
		if errors.As(err, &api) {
			return l.refused(ctx, e, last, api, unknown)
		}
		if errors.Is(err, nats.ErrMaxPayload) {
			return 0, fmt.Errorf("append %s: %w: %w", e.Kind, ErrTooLarge, err)
		}
		if ctx.Err() != nil || time.Now().Add(pause).After(deadline) {
			return 0, fmt.Errorf("append %s: %w: %w", e.Kind, ErrUnavailable, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
}

// refused is what the answer of the stream means; unknown says that an earlier
// publish of the same event may have been stored.
func (l *Log) refused(ctx context.Context, e events.Event, last uint64, api *jetstream.APIError, unknown bool) (uint64, error) {
	switch api.ErrorCode {
	case codeWrongLast, codeWrongLastPending:
	case codeTooLarge:
		return 0, fmt.Errorf("append %s: %w: %w", e.Kind, ErrTooLarge, api)
	default:
		return 0, fmt.Errorf("append %s: %w: %w", e.Kind, ErrUnavailable, api)
	}
	if !unknown {
		return 0, fmt.Errorf("append %s: %w", e.Kind, ErrLostRace)
	}
	// A single server checks the sequence before the id, so the repeat of a
	// stored event looks like a lost race: look for our own id.
	seq, err := l.find(ctx, e, last)
	if err != nil {
		return 0, fmt.Errorf("append %s: %w", e.Kind, err)
	}
	return seq, nil
}

// find looks for e by its id behind the sequence after, in its boundary;
// ErrLostRace if it is not there.
func (l *Log) find(ctx context.Context, e events.Event, after uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, unknownFor)
	defer cancel()
	s := l.streams[e.Subject.Log]
	for {
		msg, err := s.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(e.Subject.Boundary().Filter))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return 0, ErrLostRace
		}
		if err != nil {
			return 0, fmt.Errorf("%w: look for event %s: %w", ErrUnavailable, e.ID, err)
		}
		if msg.Header.Get(jetstream.MsgIDHeader) == e.ID {
			return msg.Sequence, nil
		}
		after = msg.Sequence
	}
}

// Last is the sequence of the last event of b, parked and orphaned ones too; 0
// if there is none.
func (l *Log) Last(ctx context.Context, b events.Boundary) (uint64, error) {
	msg, err := l.streams[b.Log].GetLastMsgForSubject(ctx, b.Filter)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: last of %s: %w", ErrUnavailable, b.Filter, err)
	}
	return msg.Sequence, nil
}

// End is the last sequence of a log; 0 if it is empty.
func (l *Log) End(ctx context.Context, log events.Log) (uint64, error) {
	info, err := l.streams[log].Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("%w: end of %s: %w", ErrUnavailable, log, err)
	}
	return info.State.LastSeq, nil
}
