package ingest

import (
	"fmt"
	"unicode/utf8"

	"offprint/events"
	"offprint/schema"
)

// Status of a release and of an artifact.
const (
	draft     = "DRAFT"
	published = "PUBLISHED"
	yanked    = "YANKED"

	waiting    = "WAITING"
	processing = "PROCESSING"
	uploaded   = "UPLOADED"
	failed     = "FAILED"
)

// releaseMoves is the state machine of a release: from, command, to. What is
// not listed is refused; a move to the same state changes nothing. A release is
// created as DRAFT or PUBLISHED, and deleted in any state.
var releaseMoves = map[string]map[string]string{
	draft:     {"publish": published, "yank": yanked},
	published: {"publish": published, "yank": yanked},
	yanked:    {"publish": published, "yank": yanked},
}

// moves says whether a command changes the release's state.
func moves(r *schema.Release, command string) (bool, error) {
	to, ok := releaseMoves[r.Status][command]
	if !ok {
		return false, unprocessable("status", "STATUS_INVALID", fmt.Sprintf("a release in status %s cannot be used to %s", r.Status, command))
	}
	return to != r.Status, nil
}

// decidePublish: the first publication gives the release its time, which a
// publication after a yank keeps. files are the release's artifacts.
func decidePublish(s stamp, state releaseState, r schema.Release, files []schema.Artifact) (*events.Event, error) {
	change, err := moves(&r, "publish")
	if err != nil || !change {
		return nil, err
	}
	at := s.time(r.Base)
	first := r.Published
	if first == 0 {
		first = at
	}
	return state.event(s, at, events.ReleasePublished, &r, &events.ReleasePublication{Base: state.base(&r), Channel: r.Channel, Tag: r.Tag,
		Published: eventTime(first), Artifacts: publishedFiles(files), Again: r.Status == yanked}), nil
}

func publishedFiles(files []schema.Artifact) []events.PublishedFile {
	var out []events.PublishedFile
	for _, a := range files {
		if a.Status == uploaded {
			out = append(out, events.PublishedFile{ID: a.ID, Filename: a.Filename, Size: a.Size, SHA256: a.SHA256, Platform: a.Platform, Arch: a.Arch})
		}
	}
	return out
}

// maxReason is the length of a yank's reason in characters.
const maxReason = 1024

func decideYank(s stamp, state releaseState, r schema.Release, reason string) (*events.Event, error) {
	change, err := moves(&r, "yank")
	if err != nil || !change {
		return nil, err
	}
	switch {
	case utf8.RuneCountInString(reason) > maxReason:
		return nil, unprocessable("/meta/reason", "REASON_TOO_LONG", "is too long (maximum is 1024 characters)")
	case unprintable(reason, true):
		return nil, unprocessable("/meta/reason", "REASON_INVALID", "holds a control character")
	}
	return state.event(s, s.time(r.Base), events.ReleaseYanked, &r, &events.ReleaseYank{Base: state.base(&r), Reason: reason}), nil
}
