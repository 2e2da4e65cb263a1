package projector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"offprint/schema"
)

// cacheLimit and cacheBytes bound the resources kept between commits.
const (
	cacheLimit = 8192
	cacheBytes = 64 << 20
)

// state is the resources as the fold sees them: what the store holds, what this
// batch has changed, and, staged on top, what the present event changes. Values
// are immutable: a fold copies before it changes. It belongs to the goroutine
// of one Projector.
type state struct {
	ctx    context.Context
	store  schema.Records
	cache  map[schema.RecordKey]schema.Resource // nil value: known to be absent
	dirty  map[schema.RecordKey]uint64          // changed in this batch -> serial; may be absent in cache
	files  map[string][]string                  // release id -> ids of all its artifacts, complete
	staged map[schema.RecordKey]schema.Resource
	order  []schema.RecordKey // of staged, in order of first change
	size   int                // bytes in cache, about
	limit  int                // cacheLimit
	born   *ids               // all that ever were, if that is known
}

func newState(store schema.Records) *state {
	s := &state{store: store, limit: cacheLimit}
	s.reset(false)
	return s
}

// reset forgets everything that is not in the store. empty says that nothing of
// this log is in it.
func (s *state) reset(empty bool) {
	s.born = nil
	if empty {
		s.born = newIDs()
	}
	s.cache = map[schema.RecordKey]schema.Resource{}
	s.dirty = map[schema.RecordKey]uint64{}
	s.files = map[string][]string{}
	s.size = 0
	s.discard()
}

// discard drops what the present event staged.
func (s *state) discard() {
	s.staged = map[schema.RecordKey]schema.Resource{}
	s.order = s.order[:0]
}

// committed is called after the batch is in the store.
func (s *state) committed() {
	clear(s.dirty)
	if len(s.cache) <= s.limit && s.size <= cacheBytes {
		return
	}
	// Products and packages are few and needed again and again.
	maps.DeleteFunc(s.cache, func(k schema.RecordKey, r schema.Resource) bool {
		return r == nil || k.Kind != schema.Products && k.Kind != schema.Packages
	})
	if len(s.cache) > s.limit/2 {
		clear(s.cache)
	}
	clear(s.files)
	s.size = 0
}

func (s *state) put(r schema.Resource) { s.stage(keyOf(r), r) }

func (s *state) remove(key schema.RecordKey) { s.stage(key, nil) }

func (s *state) stage(key schema.RecordKey, r schema.Resource) {
	if _, again := s.staged[key]; !again {
		s.order = append(s.order, key)
	}
	s.staged[key] = r
}

// accept makes what the event staged part of the batch.
func (s *state) accept(serial uint64) {
	for _, key := range s.order {
		r := s.staged[key]
		if key.Kind == schema.Releases && s.cache[key] == nil {
			if _, known := s.dirty[key]; !known && r != nil {
				s.files[key.ID] = nil // a new release has no files
			}
		}
		if a, ok := r.(*schema.Artifact); ok {
			if ids, known := s.files[a.Release]; known && !slices.Contains(ids, a.ID) {
				s.files[a.Release] = append(slices.Clone(ids), a.ID)
			}
		}
		s.cache[key], s.dirty[key] = r, serial
		s.born.add(key)
	}
	s.discard()
}

// before gives a resource as it was before the present event.
func before[T any, P interface {
	*T
	schema.Resource
}](s *state, account string, kind schema.Kind, id string) (*T, error) {
	key := schema.RecordKey{Account: account, Kind: kind, ID: id}
	if r, ok := s.cache[key]; ok {
		p, _ := r.(P)
		return (*T)(p), nil
	}
	if s.born.lacks(key) {
		return nil, nil
	}
	rec, err := s.store.Record(s.ctx, account, kind, id)
	if errors.Is(err, schema.ErrNotFound) {
		s.cache[key] = nil
		return nil, nil
	}
	if err != nil {
		return nil, storeError{err}
	}
	v, err := schema.Parse[T](rec)
	if err != nil {
		return nil, storeError{err} // the store is broken, not the event
	}
	s.cache[key] = P(&v)
	s.size += len(rec.Body)
	return &v, nil
}

// get gives a resource with the changes of the present event; nil if there is
// none.
func get[T any, P interface {
	*T
	schema.Resource
}](s *state, account string, kind schema.Kind, id string) (*T, error) {
	if r, ok := s.staged[schema.RecordKey{Account: account, Kind: kind, ID: id}]; ok {
		p, _ := r.(P)
		return (*T)(p), nil
	}
	return before[T, P](s, account, kind, id)
}

// list gives the ids of the resources of q in the state before the present
// event, sorted. match must say of a resource what q says of its record.
func (s *state) list(q schema.Query, match func(schema.Resource) bool) ([]string, error) {
	var ids []string
	err := s.store.List(s.ctx, q, func(rec schema.Record) bool {
		if _, changed := s.dirty[rec.Key()]; !changed {
			ids = append(ids, rec.ID)
		}
		return true
	})
	if err != nil {
		return nil, storeError{err}
	}
	for key := range s.dirty {
		if r := s.cache[key]; r != nil && key.Account == q.Account && key.Kind == q.Kind && match(r) {
			ids = append(ids, key.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// artifactIDs gives the ids of all artifacts of a release before the event.
func (s *state) artifactIDs(account, release string) ([]string, error) {
	if ids, ok := s.files[release]; ok {
		return ids, nil
	}
	key := schema.RecordKey{Account: account, Kind: schema.Releases, ID: release}
	if r, known := s.cache[key]; known && r == nil || s.born.lacks(key) {
		return nil, nil // a release that is being created
	}
	ids, err := s.list(schema.Query{Account: account, Kind: schema.Artifacts, Release: &release},
		func(r schema.Resource) bool { return r.(*schema.Artifact).Release == release })
	if err != nil {
		return nil, err
	}
	s.files[release] = ids
	return ids, nil
}

// absent says whether there is no such resource: an event may create it. An
// error parks an event that creates what is there already.
func absent[T any, P interface {
	*T
	schema.Resource
}](s *state, account string, kind schema.Kind, id string) error {
	r, err := get[T, P](s, account, kind, id)
	if err == nil && r != nil {
		err = fmt.Errorf("%s %s is there already", kind, id)
	}
	return err
}

// loadFiles reads the files of all releases of q, a query for artifacts, at
// once: releases lists those whose files are wanted.
func (s *state) loadFiles(q schema.Query, releases []string) error {
	found := map[string][]string{}
	for _, id := range releases {
		if _, known := s.files[id]; !known {
			found[id] = nil
		}
	}
	if len(found) < 2 {
		return nil // no better than one by one
	}
	take := func(release, id string) {
		if list, wanted := found[release]; wanted {
			found[release] = append(list, id)
		}
	}
	err := s.store.List(s.ctx, q, func(rec schema.Record) bool {
		if _, changed := s.dirty[rec.Key()]; !changed {
			take(rec.Release, rec.ID)
		}
		return true
	})
	if err != nil {
		return storeError{err}
	}
	for key := range s.dirty {
		if a, ok := s.cache[key].(*schema.Artifact); ok && key.Account == q.Account {
			take(a.Release, key.ID)
		}
	}
	for release, ids := range found {
		slices.Sort(ids)
		s.files[release] = ids
	}
	return nil
}

// forget drops the files of a release that is deleted from memory: one event
// may delete very many. What this batch changed stays, because the event may yet
// be parked.
func (s *state) forget(was *releaseState) {
	for _, a := range was.artifacts {
		key := keyOf(a)
		if _, changed := s.dirty[key]; !changed {
			delete(s.cache, key)
		}
	}
	delete(s.files, was.release.ID)
}
