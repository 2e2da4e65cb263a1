package stream

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"offprint/events"
)

// finishedType is the type of the last line of an export.
const finishedType = "offprint.export.finished.v1"

// finished is the last line of an export: how many lines of each log it has
// and the SHA-256 of all of them, line feeds included.
type finished struct {
	Releases uint64 `json:"releases"`
	Access   uint64 `json:"access"`
	SHA256   string `json:"sha256"`
}

// line is the event that ends an export. Equal exports end alike.
func (f finished) line() []byte {
	data, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("stream: encode %T: %v", f, err)) // numbers and hex digits
	}
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"%s","source":"offprint","type":"%s","datacontenttype":"application/json","data":%s}`+"\n",
		f.SHA256, finishedType, data)
}

// Export writes every event of the logs named, one structured CloudEvent a
// line: all of RELEASES, then all of ACCESS, both as of the call, then the line
// that says that it is whole. Without logs it writes both. Events that do not
// decode are written too.
func (l *Log) Export(ctx context.Context, w io.Writer, logs ...events.Log) error {
	wanted := map[events.Log]bool{}
	for _, log := range logs {
		wanted[log] = true
	}
	// Read the end of ACCESS first: what its events name is in RELEASES by then.
	ends := map[events.Log]uint64{}
	for _, log := range []events.Log{events.Access, events.Releases} {
		if len(logs) > 0 && !wanted[log] {
			continue
		}
		end, err := l.End(ctx, log)
		if err != nil {
			return err
		}
		ends[log] = end
	}
	out := bufio.NewWriterSize(w, 256<<10)
	sum := sha256.New()
	lines := io.MultiWriter(out, sum)
	for _, log := range []events.Log{events.Releases, events.Access} {
		err := l.Read(ctx, log, 0, ends[log], func(m Message) error {
			_, err := lines.Write(append(m.stored(log).Line(), '\n'))
			return err
		})
		if err != nil {
			return fmt.Errorf("export %s: %w", log, err)
		}
	}
	last := finished{Releases: ends[events.Releases], Access: ends[events.Access], SHA256: hex.EncodeToString(sum.Sum(nil))}
	if _, err := out.Write(last.line()); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func (m Message) stored(log events.Log) events.Stored {
	return events.Stored{Log: log, Serial: m.Serial, Subject: m.Subject, Header: m.Header, Body: m.Data}
}
