package main

import (
	"fmt"
	"os"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// masks are what differs from run to run, each with what stands for it. They
// have its length, so that tables stay aligned.
var masks = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`), "2026-01-31T12:00:00.000Z"},
	{regexp.MustCompile(`\b[0-9A-F]{6}(-[0-9A-F]{6}){4}-V3\b`), "LICENS-EKEYAA-AAAAAA-AAAAAA-AAAAAA-V3"},
	{regexp.MustCompile(`\b[0-9A-F]{6}\b`), "LICENS"},
	{regexp.MustCompile(`\b(prod|activ|admin|user)-[0-9a-f]{64}v3\b`), "$1-secret"},
	{regexp.MustCompile(`\b(prod|activ|admin|user)-[0-9a-f]\b`), "$1-p"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "SERVER"},
}

// idForm are UUIDs.
var idForm = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)

// scriptMasked writes what the last command printed to the file "shown", with
// ids numbered in the order of their appearance, and times, keys, tokens and
// addresses masked, so that it can be compared: masked.
func scriptMasked(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stdout")
	for _, m := range masks {
		text = m.find.ReplaceAllString(text, m.with)
	}
	numbers := map[string]string{}
	text = idForm.ReplaceAllStringFunc(text, func(id string) string {
		if numbers[id] == "" {
			numbers[id] = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(numbers)+1)
		}
		return numbers[id]
	})
	ts.Check(os.WriteFile(ts.MkAbs("shown"), []byte(text), 0o600))
}
