package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

const (
	// batchEvents and batchBytes bound an atomic batch: it costs about one
	// fsync and is held in memory here. The server takes up to 1,000 messages.
	batchEvents = 500
	batchBytes  = 4 << 20
	// batchTimeout bounds the wait for a batch on a slow disk.
	batchTimeout = time.Minute
)

// Headers of an atomic batch
// (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md).
const (
	headerBatch       = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"
)

// batch appends events to a log of which the caller is the only writer: all of
// a batch are stored, one after another behind the sequence last, or none.
type batch struct {
	log  *Log
	name events.Log
	last uint64 // end of the log
	msgs []*nats.Msg
	size int
}

func (l *Log) batch(log events.Log, last uint64) *batch { return &batch{log: l, name: log, last: last} }

func (b *batch) add(s events.Stored) {
	msg := &nats.Msg{Subject: s.Subject, Header: nats.Header(s.Header), Data: s.Body}
	if id := s.ID(); id != "" {
		msg.Header.Set(jetstream.MsgIDHeader, id)
	}
	b.msgs = append(b.msgs, msg)
	b.size += len(s.Body)
}

func (b *batch) full() bool { return len(b.msgs) >= batchEvents || b.size >= batchBytes }

// flush stores the batch. If the answer is lost, the end of the log tells
// whether it was stored.
func (b *batch) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	var err error
	if len(b.msgs) > 1 && b.log.atomic(b.name) {
		err = b.together(ctx)
	} else {
		err = b.singly(ctx)
	}
	if err != nil {
		return err
	}
	b.last += uint64(len(b.msgs))
	b.msgs, b.size = b.msgs[:0], 0
	return nil
}

func (l *Log) atomic(log events.Log) bool {
	return l.streams[log].CachedInfo().Config.AllowAtomicPublish
}

func (b *batch) expect(msg *nats.Msg, last uint64) *nats.Msg {
	msg.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(last, 10))
	return msg
}

// singly is for streams that know no batches.
func (b *batch) singly(ctx context.Context) error {
	for i, msg := range b.msgs {
		last := b.last + uint64(i)
		if _, err := b.log.js.PublishMsg(ctx, b.expect(msg, last)); err != nil {
			if err := b.failed(ctx, last, 1, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) together(ctx context.Context) error {
	id := uuid.NewString()
	b.expect(b.msgs[0], b.last)
	for i, msg := range b.msgs {
		msg.Header.Set(headerBatch, id)
		msg.Header.Set(headerBatchSeq, strconv.Itoa(i+1))
		var err error
		switch i {
		case 0: // answered when the batch is open
			err = b.ask(ctx, msg, false)
		case len(b.msgs) - 1:
			msg.Header.Set(headerBatchCommit, "1")
			err = b.ask(ctx, msg, true)
		default:
			err = b.log.nc.PublishMsg(msg)
		}
		if err != nil {
			return b.failed(ctx, b.last, len(b.msgs), err)
		}
	}
	return nil
}

// ask publishes a message and reads the answer, which is empty unless the
// batch fails or is committed.
func (b *batch) ask(ctx context.Context, msg *nats.Msg, commit bool) error {
	reply, err := b.log.nc.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return err
	}
	if len(reply.Data) == 0 && !commit {
		return nil
	}
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return fmt.Errorf("answer to a batch: %w", err)
	}
	if ack.Error != nil {
		return ack.Error
	}
	if want := b.last + uint64(len(b.msgs)); ack.Sequence != want {
		return fmt.Errorf("%w: the batch ends at %d instead of %d", ErrForeign, ack.Sequence, want)
	}
	return nil
}

// failed looks whether n messages behind the sequence last were stored though
// their answer was lost.
func (b *batch) failed(ctx context.Context, last uint64, n int, err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		if api.ErrorCode == codeWrongLast || api.ErrorCode == codeWrongLastPending {
			return fmt.Errorf("%w: somebody else appended to %s", ErrForeign, b.name)
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if errors.Is(err, ErrForeign) {
		return err
	}
	end, eerr := b.log.End(context.WithoutCancel(ctx), b.name)
	if eerr == nil && end == last+uint64(n) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
