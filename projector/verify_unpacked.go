package projector

import (
	"context"
	"errors"
	"fmt"

	"offprint/schema"
	"offprint/schema/blobs"
)

// unpacked looks for the content that was taken out of an artifact's file.
func (v *verification) unpacked(ctx context.Context, a *schema.Artifact) error {
	named := v.Engines[a.Engine].Blobs
	if named == nil || len(a.Facts) == 0 {
		return nil
	}
	list, err := named(a.Facts)
	if err != nil {
		return fmt.Errorf("facts of artifact %s: %w", a.ID, err)
	}
	for _, b := range list {
		v.Blobs++
		size, err := v.Stat(ctx, b.SHA256)
		switch {
		case errors.Is(err, blobs.ErrNotFound):
			v.add("blob", b.SHA256, fmt.Sprintf("is missing, artifact %s (%s) holds it", a.ID, a.Filename))
		case err != nil:
			return fmt.Errorf("blob %s of artifact %s: %w", b.SHA256, a.ID, err)
		case size != b.Size:
			v.add("blob", b.SHA256, fmt.Sprintf("has %d bytes, artifact %s (%s) holds %d", size, a.ID, a.Filename, b.Size))
		}
	}
	return nil
}
