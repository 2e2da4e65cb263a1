package projector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

const (
	// ackWait is when work comes back whose worker was killed; a worker says
	// every aliveEvery that it goes on.
	ackWait    = 10 * time.Second
	aliveEvery = 3 * time.Second
	// firstDelay doubles with each failed try, up to maxDelay.
	firstDelay = time.Second
	maxDelay   = 5 * time.Minute
)

// maxWaiting is how many files may wait for another try before no new one is
// looked at.
const maxWaiting = 10_000

// queue is the durable consumer that all processes share: one worker at a time
// has an event, and keeps it until it is done.
func queue(wait time.Duration) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: "validators", FilterSubject: "releases.*.*.*.artifact.stored", AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: wait, MaxDeliver: -1, MaxAckPending: maxWaiting, DeliverPolicy: jetstream.DeliverAllPolicy,
	}
}

// Run works until ctx ends. It returns an error if the queue cannot be used;
// call it again. Work that was begun when ctx ends goes back to the queue at
// once.
func (r *Runner) Run(ctx context.Context, js jetstream.JetStream, workers int) error {
	cons, err := js.CreateOrUpdateConsumer(ctx, "RELEASES", queue(cmp.Or(r.ackWait, ackWait)))
	if err != nil {
		return fmt.Errorf("work queue: %w", err)
	}
	slots := make(chan struct{}, workers)
	consume, err := cons.Consume(func(m jetstream.Msg) {
		stop := keepAlive(ctx, m) // from now on, because it may wait for a worker
		slots <- struct{}{}
		go func() { // ended by ctx; awaited below
			defer func() { <-slots }()
			defer stop()
			r.handle(ctx, m)
		}()
	}, jetstream.PullMaxMessages(1)) // what waits here waits for this process
	if err != nil {
		return fmt.Errorf("work queue: %w", err)
	}
	select {
	case <-ctx.Done():
		consume.Drain()
		<-consume.Closed()
	case <-consume.Closed():
		err = errors.New("work queue: the consumer is gone")
	}
	for range workers {
		slots <- struct{}{} // every worker is done
	}
	return err
}

func (r *Runner) handle(ctx context.Context, m jetstream.Msg) {
	if ctx.Err() != nil {
		_ = m.Nak()
		return
	}
	meta, err := m.Metadata()
	if err == nil {
		err = r.work(ctx, m, meta.Sequence.Stream)
	}
	switch {
	case err == nil:
		_ = m.Ack() // a lost ack makes the work come again, which changes nothing
	case ctx.Err() != nil:
		_ = m.Nak()
	default:
		wait := delay(meta)
		r.Logger.Warn("validation will be tried again", "subject", m.Subject(), "in", wait, "error", err)
		_ = m.NakWithDelay(wait)
	}
}

// delay is how long to wait before work that failed is tried again.
func delay(meta *jetstream.MsgMetadata) time.Duration {
	if meta == nil || meta.NumDelivered < 1 {
		return firstDelay
	}
	return min(firstDelay<<min(meta.NumDelivered-1, 20), maxDelay)
}

// keepAlive tells the queue that the work goes on, until stop.
func keepAlive(ctx context.Context, m jetstream.Msg) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ended by stop
		t := time.NewTicker(aliveEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				_ = m.InProgress()
			}
		}
	}()
	return cancel
}

// work validates the file of one artifact.stored event, unless that was done
// already or the artifact has changed since.
func (r *Runner) work(ctx context.Context, m jetstream.Msg, serial uint64) error {
	e, err := events.Decode(m.Subject(), m.Headers(), m.Data(), serial)
	if err != nil {
		return nil // parked by the projector
	}
	d, ok := e.Data.(*events.ArtifactBytes)
	if !ok {
		return nil
	}
	return r.settle(ctx, e, d, serial)
}
