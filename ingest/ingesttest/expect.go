package ingesttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// check compares an answer with one expectation, or keeps a part of it.
func check(want string, res *http.Response, body []byte, vars map[string]string) error {
	words := strings.SplitN(want, " ", 4)
	switch {
	case words[0] == "keep" && len(words) == 3:
		return keep(words[1], words[2], body, vars)
	case words[0] == "keep" && len(words) == 4 && words[2] == "header":
		vars[words[1]] = res.Header.Get(words[3])
		return nil
	case words[0] == "header" && len(words) == 4:
		return checkHeader(res.Header.Get(words[1]), words[2], words[3])
	case words[0] == "empty":
		if len(body) > 0 {
			return errors.New("there is a body")
		}
		return nil
	case words[0] == "body":
		if string(body) != strings.TrimPrefix(want, "body ") {
			return errors.New("another body")
		}
		return nil
	}
	if _, err := strconv.Atoi(words[0]); err == nil {
		return checkStatus(words, res, body)
	}
	path, value, ok := strings.Cut(want, " = ")
	if !ok {
		path, value = strings.TrimSuffix(want, " absent"), ""
	}
	return checkMember(path, value, body)
}

func checkHeader(have, how, want string) error {
	switch how {
	case "=":
		if have != want {
			return fmt.Errorf("it is %q", have)
		}
		return nil
	case "~":
		if form, err := regexp.Compile(want); err != nil || !form.MatchString(have) {
			return fmt.Errorf("it is %q, %v", have, err)
		}
		return nil
	}
	return fmt.Errorf("%s is neither = nor ~", how)
}

// checkStatus compares the status, and the first error's code and place. No
// success has errors; every refusal has, each with words in every member.
func checkStatus(want []string, res *http.Response, body []byte) error {
	var doc struct {
		Meta   struct{ ID string }
		Errors []struct {
			Title, Detail, Code string
			Source              struct{ Pointer, Parameter string }
		}
	}
	if len(body) > 0 && strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(body, &doc); err != nil {
			return err
		}
	}
	have := strconv.Itoa(res.StatusCode)
	for i, e := range doc.Errors {
		if e.Title == "" || e.Detail == "" || e.Code == "" || doc.Meta.ID == "" {
			return errors.New("an error without words")
		}
		if i == 0 && len(want) > 1 {
			have = strings.TrimSpace(have + " " + e.Code + " " + e.Source.Pointer + e.Source.Parameter)
		}
	}
	switch {
	case (res.StatusCode < 400) != (len(doc.Errors) == 0) && res.Request.Method != "HEAD":
		return errors.New("errors and status do not agree")
	case have != strings.Join(want, " "):
		return fmt.Errorf("it is %s", have)
	}
	return nil
}

// member finds a value in a document by its path: names and indexes, with dots
// between them; # is the length of a list.
func member(path string, body []byte) (any, bool) {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil, false
	}
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			next, ok := x[name]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			if name == "#" {
				v = float64(len(x))
				continue
			}
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// checkMember compares a member with JSON; "" wants it absent.
func checkMember(path, want string, body []byte) error {
	have, ok := member(path, body)
	if want == "" {
		if ok {
			return fmt.Errorf("it is there: %v", have)
		}
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(want), &value); err != nil {
		return err
	}
	if !ok || !reflect.DeepEqual(have, value) {
		return fmt.Errorf("it is %v", have)
	}
	return nil
}

func keep(name, path string, body []byte, vars map[string]string) error {
	have, ok := member(path, body)
	text, isText := have.(string)
	if !ok || !isText {
		return fmt.Errorf("%s is no text: %v", path, have)
	}
	vars[name] = text
	return nil
}
