package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one row of the table.
type figure struct {
	name           string
	ours, baseline string
	ratio          float64 // 0: there is none
	target         string
	met            *bool // nil: no target
}

// figures is the table of a run.
type figures struct{ rows []figure }

// compared adds ours beside its baseline. Ratio is the median over rounds of
// the quotient in each round. target is "≥ 0.9" or "≤ 5"; "": none.
func (f *figures) compared(name, unit string, ours, baseline []float64, target string) {
	quotients := make([]float64, len(ours))
	for i := range ours {
		quotients[i] = ours[i] / baseline[i]
	}
	row := figure{name: name, ours: show(median(ours), unit), baseline: show(median(baseline), unit), ratio: median(quotients), target: target}
	row.judge(row.ratio)
	f.rows = append(f.rows, row)
}

// measured adds a value that has no quotient. The baseline is for people.
func (f *figures) measured(name, ours, baseline string) {
	f.rows = append(f.rows, figure{name: name, ours: ours, baseline: baseline})
}

// bounded is measured with a target for the value.
func (f *figures) bounded(name, unit string, value float64, baseline, target string) {
	row := figure{name: name, ours: show(value, unit), baseline: baseline, target: target}
	row.judge(value)
	f.rows = append(f.rows, row)
}

func (r *figure) judge(value float64) {
	sign, text, _ := strings.Cut(r.target, " ")
	var bound float64
	if _, err := fmt.Sscan(text, &bound); err != nil {
		return
	}
	met := sign == "≥" && value >= bound || sign == "≤" && value <= bound
	r.met = &met
}

// print writes the table and what it was made on.
func (f *figures) print(w io.Writer, fsync []time.Duration) {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(w, "\n%s, %d processors, %s %s/%s, load average %s\n", processor(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, firstWord(load))
	fmt.Fprintf(w, "append and fsync of 1 KB on this disk: p50 %v, p99 %v\n\n", percentile(fsync, 50).Round(time.Microsecond), percentile(fsync, 99).Round(time.Microsecond))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tours\tbaseline\tratio\ttarget\t")
	for _, r := range f.rows {
		ratio, verdict := "", ""
		if r.ratio != 0 {
			ratio = fmt.Sprintf("%.2f", r.ratio)
		}
		if r.met != nil {
			verdict = map[bool]string{true: "met", false: "MISSED"}[*r.met]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.name, r.ours, r.baseline, ratio, r.target, verdict)
	}
	t.Flush()
}

func firstWord(text []byte) string {
	word, _, _ := strings.Cut(string(text), " ")
	return word
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(text), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return name
}

// show writes a value as people read it.
func show(value float64, unit string) string {
	switch unit {
	case "/s":
		return fmt.Sprintf("%.0f/s", value)
	case "KB":
		return fmt.Sprintf("%.0f KB", value)
	case "MB":
		return fmt.Sprintf("%.0f MB", value)
	}
	return fmt.Sprintf("%.3g %s", value, unit)
}

// median of a list that is not empty.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// percentile of a list that is not empty: the least value that is not smaller
// than p of a hundred.
func percentile(list []time.Duration, p int) time.Duration {
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)-1, len(list)*p/100)]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// inTurn calls the sides once a round, in alternating order, so that whatever
// else the machine does hits all of them alike.
func inTurn(rounds int, sides ...func()) {
	for i := range rounds {
		order := slices.Clone(sides)
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, side := range order {
			side()
		}
	}
}
