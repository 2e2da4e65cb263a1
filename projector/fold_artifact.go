package projector

import (
	"bytes"
	"encoding/json"
	"fmt"

	"offprint/events"
	"offprint/schema"
)

func artifactCreated(p *Projector, e *events.Event, d *events.ArtifactData) error {
	if err := absent[schema.Artifact](p.state, e.AccountID, schema.Artifacts, d.Artifact); err != nil {
		return err
	}
	r, err := get[schema.Release](p.state, e.AccountID, schema.Releases, d.Release)
	if err != nil || r == nil {
		return orphaned(err)
	}
	a := &schema.Artifact{Base: base(e, d.Artifact, d.Metadata), Product: r.Product, Package: r.Package, Release: r.ID,
		Filename: d.Filename, Filetype: d.Filetype, Filesize: d.Filesize, Platform: d.Platform, Arch: d.Arch,
		Signature: d.Signature, Checksum: d.Checksum, Status: waiting, Changed: e.Serial, ChangedAt: e.Time.UnixMilli()}
	if r.Package != "" {
		pkg, err := get[schema.Package](p.state, e.AccountID, schema.Packages, r.Package)
		if err != nil || pkg == nil {
			return orphaned(err)
		}
		a.Engine = pkg.Engine
	}
	p.state.put(a)
	return nil
}

// artifact changes an artifact; one that was deleted is an orphan.
func (p *Projector) artifact(e *events.Event, id string, edit func(*schema.Artifact) error) error {
	return change(p, e, schema.Artifacts, id, func(a *schema.Artifact) error {
		if a.Status == yanked {
			return errOrphan
		}
		a.Changed, a.ChangedAt = e.Serial, e.Time.UnixMilli()
		return edit(a)
	})
}

func artifactFields(a *schema.Artifact) fields {
	return fields{"filetype": &a.Filetype, "filesize": &a.Filesize, "platform": &a.Platform, "arch": &a.Arch,
		"signature": &a.Signature, "checksum": &a.Checksum, "metadata": &a.Metadata}
}

// artifactReopened makes every upload link issued before it useless.
func artifactReopened(p *Projector, e *events.Event, d *events.ArtifactSet) error {
	return p.artifact(e, d.Artifact, func(a *schema.Artifact) error {
		a.Status, a.FailureReason = waiting, ""
		a.Generation++
		return artifactFields(a).apply(d.Set)
	})
}

func artifactUpdated(p *Projector, e *events.Event, d *events.ArtifactSet) error {
	return p.artifact(e, d.Artifact, func(a *schema.Artifact) error { return artifactFields(a).apply(d.Set) })
}

func artifactStored(p *Projector, e *events.Event, d *events.ArtifactBytes) error {
	return p.artifact(e, d.Artifact, func(a *schema.Artifact) error {
		if a.Status == uploaded {
			return errOrphan // the bytes of an accepted file never change
		}
		size := d.Size
		a.Status, a.FailureReason = processing, ""
		a.Size, a.Filesize, a.SHA256, a.SHA512, a.SHA1, a.MD5 = size, &size, d.SHA256, d.SHA512, d.SHA1, d.MD5
		a.Facts, a.Processed, a.ProcessedBy, a.FactsBy = nil, 0, 0, 0
		return nil
	})
}

func artifactProcessed(p *Projector, e *events.Event, d *events.ArtifactFacts) error {
	return p.artifact(e, d.Artifact, func(a *schema.Artifact) error {
		of, err := bytesOf(d.Facts)
		if err != nil {
			return err
		}
		if a.Status != processing && a.Status != uploaded || of != a.SHA256 {
			return errOrphan // facts of other bytes
		}
		a.Status, a.Facts, a.FactsBy = uploaded, d.Facts, e.Serial
		if a.Processed == 0 {
			a.Processed, a.ProcessedBy = e.Time.UnixMilli(), e.Serial
		}
		return nil
	})
}

// bytesOf gives the digest of the file that facts are about. It stands near
// their beginning; the rest may be long and is not looked at.
func bytesOf(facts json.RawMessage) (sha256 string, err error) {
	d := json.NewDecoder(bytes.NewReader(facts))
	if t, err := d.Token(); err != nil {
		return "", err
	} else if t != json.Delim('{') {
		return "", fmt.Errorf("facts are %v, not an object", t)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", err
		}
		if name == "upload" {
			var upload struct{ SHA256 string }
			err := d.Decode(&upload)
			return upload.SHA256, err
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return "", err
		}
	}
	return "", nil
}

func artifactFailed(p *Projector, e *events.Event, d *events.ArtifactFailure) error {
	return p.artifact(e, d.Artifact, func(a *schema.Artifact) error {
		if a.Status == uploaded {
			return errOrphan
		}
		a.Status, a.FailureReason = failed, d.Code+": "+d.Reason
		return nil
	})
}

func artifactDeleted(p *Projector, e *events.Event, d *events.ArtifactGone) error {
	return p.artifact(e, d.Artifact, func(a *schema.Artifact) error {
		a.Status, a.Legal = yanked, d.Legal
		return nil
	})
}
