package rubygems

import (
	"offprint/schema/principal"
	"offprint/serve"
)

// rootText tells old clients that there is a compact index.
var rootText = []byte("rubygems index\n")

// lists finds the caller's list. The refusal of an anonymous caller who sees
// nothing at all makes bundler ask for credentials.
func lists(r *serve.Request, p *plan) (*list, *principal.Refusal) {
	gate, refusal := age(r)
	if refusal != nil {
		return nil, refusal
	}
	l, refusal := shelfOf(r).list(r, p, gate)
	if refusal != nil {
		return nil, refusal
	}
	if len(l.gems) == 0 && r.Anonymous() {
		guarded, err := r.Account.Gate(Key)
		switch {
		case err != nil:
			return nil, r.Trouble(err)
		case guarded:
			return nil, &login
		}
	}
	if p.cut != nil {
		r.SetAsOf(string(p.cut))
	}
	return l, nil
}

func serveRoot(r *serve.Request, p *plan) *principal.Refusal {
	l, refusal := lists(r, p)
	if refusal != nil {
		return refusal
	}
	return r.AnswerBytes(textMedia, rootText, l.serial)
}

func serveVersions(r *serve.Request, p *plan) *principal.Refusal {
	l, refusal := lists(r, p)
	if refusal != nil {
		return refusal
	}
	return ranged(r.SendText(l.versions()))
}

func serveNames(r *serve.Request, p *plan) *principal.Refusal {
	l, refusal := lists(r, p)
	if refusal != nil {
		return refusal
	}
	return ranged(r.SendText(l.names()))
}

func serveSpecs(r *serve.Request, p *plan) *principal.Refusal {
	l, refusal := lists(r, p)
	if refusal != nil {
		return refusal
	}
	x, err := l.specs(p.list)
	if err != nil {
		return r.Trouble(err)
	}
	r.Send(x)
	return nil
}
