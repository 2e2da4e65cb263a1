package schema

// GemsEngine is the key of the RubyGems engine.
const GemsEngine = "rubygems"

// GemAttr is what RubyGems needs of a gem file beside its body, which is the
// gemspec as a Marshal stream (not compressed).
type GemAttr struct {
	Release  string `json:"release"`
	Artifact string `json:"id"`
	Version  string `json:"version"`            // number form: no "-"
	Platform string `json:"platform,omitempty"` // canonical; "": ruby
	Original string `json:"original,omitempty"` // as the gemspec spells it, if that differs
	Filename string `json:"file"`
	Line     string `json:"line"` // of the compact index, without line end
	// Available is available_at, for a draft the creation of its release; Unix
	// milliseconds.
	Available int64  `json:"at"`
	Stored    uint64 `json:"by"` // serial of artifact.processed
	// Turns are the serials at which the gem was listed, delisted, listed again
	// and so on.
	Turns []uint64 `json:"turns,omitempty"`
}

// Number is how the indexes call the file among those of its gem:
// version[-platform].
func (a *GemAttr) Number() string {
	if a.Platform == "" {
		return a.Version
	}
	return a.Version + "-" + a.Platform
}

// Listed says that the last turn was a listing.
func (a *GemAttr) Listed() bool { return len(a.Turns)%2 == 1 }

// ComparePlatforms orders platforms as the indexes do: ruby first, else bytes.
func ComparePlatforms(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "" || b != "" && a < b:
		return -1
	}
	return 1
}
