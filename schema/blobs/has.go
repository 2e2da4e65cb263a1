package blobs

import (
	"context"
	"errors"
)

// Keeper is an optional power of a store: to say that a blob is there without
// opening it.
type Keeper interface {
	// Has says whether the blob of a digest, with this size, is there and would
	// survive a loss of power.
	Has(ctx context.Context, sha256 string, size int64) (bool, error)
}

// Has is Keeper.Has for any store. Those without the power show a blob only once
// it is durable.
func Has(ctx context.Context, s Store, sha256 string, size int64) (bool, error) {
	if k, ok := s.(Keeper); ok {
		return k.Has(ctx, sha256, size)
	}
	b, err := s.Open(ctx, sha256)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return b.Size() == size, b.Close()
}
