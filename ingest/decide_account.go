package ingest

import (
	"bytes"
	"encoding/json"

	"offprint/events"
	"offprint/schema"
)

// newAccount is the command to create an account.
type newAccount struct {
	name, slug string
	settings   json.RawMessage
}

func decideAccountCreate(s stamp, taken bool, cmd newAccount) (*events.Event, error) {
	var p problems
	p.name("name", cmd.name)
	if fault := slug(cmd.slug); fault != "" {
		p.add("slug", "SLUG_INVALID", fault)
	} else if taken {
		p.add("slug", "SLUG_TAKEN", "already exists")
	}
	if len(p) > 0 {
		return nil, p
	}
	return s.event(s.time(), events.AccountCreated, "accounts/"+s.account, events.Subject{},
		&events.AccountData{Account: s.account, Slug: cmd.slug, Name: cmd.name, Settings: cmd.settings}), nil
}

func decideAccountUpdate(s stamp, x schema.Account, in *input) (*events.Event, error) {
	var p problems
	var m moved
	p.name("name", in.text("name"))
	if in.has("slug") && in.text("slug") != x.Slug {
		p.add("slug", "SLUG_NOT_ALLOWED", "cannot be changed: it is part of the registry URLs of customers")
	}
	m.text(in, "name", x.Name)
	m.text(in, "status", x.Status)
	settings, err := accountSettings(in, x.Settings)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(settings, x.Settings) {
		m.put("settings", settings, false)
	}
	if len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return s.event(s.time(x.Base), events.AccountUpdated, "accounts/"+x.ID, events.Subject{}, &events.AccountSet{Account: x.ID, Set: m.set}), nil
}

// accountSettings puts the settings that were sent over the present ones.
func accountSettings(in *input, have json.RawMessage) (json.RawMessage, error) {
	sent, found := in.attributes["settings"]
	if !found {
		return have, nil
	}
	fields := map[string]value{}
	if err := fitFields(settingFields, sent, "/data/attributes/settings", fields); err != nil {
		return nil, err
	}
	out := map[string]any{}
	if len(have) > 0 {
		if err := json.Unmarshal(have, &out); err != nil {
			return nil, err
		}
	}
	for name, v := range fields {
		n, number := v.integer()
		switch {
		case number && n < 0:
			return nil, unprocessable("settings/"+name, "SETTINGS_INVALID", "must not be negative")
		case number:
			out[name] = n
		default:
			out[name] = v.text
		}
	}
	return encode(out), nil
}
