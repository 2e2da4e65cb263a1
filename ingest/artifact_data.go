package ingest

import (
	"strconv"
	"strings"

	"offprint/events"
)

// artifactData reads what the body of a new artifact says, cleaned.
func artifactData(cmd newArtifact) (*events.ArtifactData, problems) {
	in := cmd.in
	d := &events.ArtifactData{Filetype: fileType(in.text("filetype")), Platform: lowered(in.text("platform")),
		Arch: lowered(in.text("arch")), Signature: in.text("signature"), Checksum: in.text("checksum")}
	d.Filename = in.text("filename")
	var p problems
	p.filename(d.Filename)
	if len(p) == 0 {
		p.extension(d.Filename, d.Filetype)
	}
	p.word("filetype", d.Filetype)
	p.word("platform", d.Platform)
	p.word("arch", d.Arch)
	d.Filesize = p.filesize(in, cmd.limit)
	p.opaque(in)
	meta, faults := metadata(in)
	d.Metadata = meta
	return d, append(p, faults...)
}

// fileType is a file type as it is kept: without the dot that the Keygen CLI
// puts before it.
func fileType(s string) string { return strings.TrimPrefix(lowered(s), ".") }

func lowered(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// filesize gives the declared size, nil for none.
func (p *problems) filesize(in *input, limit int64) *int64 {
	if !in.has("filesize") || in.isNull("filesize") {
		return nil
	}
	n := in.integer("filesize")
	if n < 0 || n > limit {
		p.add("filesize", "FILESIZE_INVALID", "must be 0 to "+strconv.FormatInt(limit, 10))
	}
	return &n
}

// opaque checks the texts that are kept as they are.
func (p *problems) opaque(in *input) {
	for _, name := range []string{"signature", "checksum"} {
		p.text(name, in.text(name), len(in.text(name)), maxSignature, false)
	}
}
