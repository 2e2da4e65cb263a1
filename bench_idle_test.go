package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// benchRest measures the whole program at rest with an empty log: how long from
// its start until it is ready, and the memory it then has.
func benchRest(b *testing.B, s scale, table *figures) {
	newDepot(b).report(table, "up, empty log", s.starts)
}

// benchStart measures the same with a long history; and a start without a
// store, which is a replay.
func benchStart(b *testing.B, s scale, table *figures, f *depot) {
	name := fmt.Sprintf("up, %d releases", s.releases)
	took, p := f.start()
	_, peak := memoryOf(p.cmd.Process.Pid)
	table.measured(name+", no store yet: to ready; peak memory", fmt.Sprintf("%.1f s; %s", took.Seconds(), show(float64(peak)/1e6, "MB")), "")
	p.stop()
	f.report(table, name, s.starts)
	table.measured("  size of log and store", sizes(b, f.path), "")
}

// start starts the program and says how long it took to be ready.
func (f *depot) start() (time.Duration, *process) {
	began := time.Now()
	p := f.up()
	return time.Since(began), p
}

// report starts the program some times. Memory is that of two seconds later.
func (f *depot) report(table *figures, name string, starts int) {
	var ready, memory []float64
	for range starts {
		took, p := f.start()
		time.Sleep(2 * time.Second) // idle
		resident, _ := memoryOf(p.cmd.Process.Pid)
		ready, memory = append(ready, milliseconds(took)), append(memory, float64(resident)/1e6)
		p.stop()
	}
	table.measured(name+": to ready; resident memory", fmt.Sprintf("%.0f ms; %s", median(ready), show(median(memory), "MB")), "")
}

// sizes says how large the folders of log and store are.
func sizes(t testing.TB, data string) string {
	var log, store int64
	err := filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if filepath.Dir(path) == data {
			store += info.Size()
		} else {
			log += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return show(float64(log)/1e6, "MB") + "; " + show(float64(store)/1e6, "MB")
}
