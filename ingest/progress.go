package ingest

import (
	"context"
	"sync"

	"offprint/events"
)

// Progress knows how far the projector has come on each log, and lets writers
// wait for it. The zero value is at the beginning of both logs.
type Progress struct {
	mu    sync.Mutex
	marks map[events.Log]*mark
}

// mark is how far one log is applied. moved is closed and replaced at every
// advance.
type mark struct {
	serial uint64
	moved  chan struct{}
}

func (p *Progress) mark(log events.Log) *mark {
	if p.marks == nil {
		p.marks = map[events.Log]*mark{}
	}
	m := p.marks[log]
	if m == nil {
		m = &mark{moved: make(chan struct{})}
		p.marks[log] = m
	}
	return m
}

// Advance says that everything up to serial is applied. Going back is ignored.
func (p *Progress) Advance(log events.Log, serial uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.mark(log)
	if serial <= m.serial {
		return
	}
	m.serial = serial
	close(m.moved)
	m.moved = make(chan struct{})
}

// Wait returns when serial is applied, or with the error of ctx.
func (p *Progress) Wait(ctx context.Context, log events.Log, serial uint64) error {
	for {
		p.mu.Lock()
		m := p.mark(log)
		done, moved := m.serial >= serial, m.moved
		p.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Applied is the serial up to which log is applied.
func (p *Progress) Applied(log events.Log) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mark(log).serial
}
