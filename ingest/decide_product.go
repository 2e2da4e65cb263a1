package ingest

import (
	"net/url"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// decideProductCreate: twins are the products that have the code already.
func decideProductCreate(s stamp, id string, twins []schema.Product, in *input) (*events.Event, error) {
	p := productFaults(in, len(twins) > 0)
	meta, faults := metadata(in)
	if p = append(p, faults...); len(p) > 0 {
		return nil, p
	}
	return s.event(s.time(), events.ProductCreated, "products/"+id, events.Subject{}, &events.ProductData{
		Base: events.Base{Product: id}, Name: in.text("name"), Code: in.text("code"),
		DistributionStrategy: in.text("distributionStrategy"), URL: in.text("url"), Platforms: in.texts("platforms"), Metadata: meta}), nil
}

func decideProductUpdate(s stamp, x schema.Product, twins []schema.Product, in *input) (*events.Event, error) {
	taken := slices.ContainsFunc(twins, func(t schema.Product) bool { return t.ID != x.ID })
	p := productFaults(in, taken)
	var m moved
	m.text(in, "name", x.Name)
	m.text(in, "code", x.Code)
	m.text(in, "distributionStrategy", x.Strategy)
	m.text(in, "url", x.URL)
	if in.has("platforms") && !slices.Equal(in.texts("platforms"), x.Platforms) {
		m.put("platforms", in.texts("platforms"), in.isNull("platforms"))
	}
	if p = append(p, m.metadata(in, x.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return s.event(s.time(x.Base), events.ProductUpdated, "products/"+x.ID, events.Subject{},
		&events.ProductSet{Base: events.Base{Product: x.ID}, Set: m.set}), nil
}

func productFaults(in *input, taken bool) problems {
	var p problems
	p.name("name", in.text("name"))
	p.code(in.text("code"), taken)
	if raw := in.text("url"); raw != "" {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			p.add("url", "URL_INVALID", "must be an http or https URL")
		}
		p.description("url", raw)
	}
	for _, name := range in.texts("platforms") {
		p.name("platforms", name)
	}
	return p
}

// code checks a code; "" is none.
func (p *problems) code(code string, taken bool) {
	p.word("code", code)
	switch {
	case uuidOf(code) != "":
		p.add("code", "CODE_INVALID", "must not look like a UUID")
	case action(code):
		p.add("code", "CODE_INVALID", "is reserved")
	case taken:
		p.add("code", "CODE_TAKEN", "already exists")
	}
}
