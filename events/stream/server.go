package stream

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Server is an embedded NATS server: JetStream on disk, every write synced
// before it is acknowledged.
type Server struct {
	ns   *server.Server
	mend *mender
	tell atomic.Pointer[func(error)]
}

// Embed starts a server that keeps its streams below dir. With an empty listen
// address it opens no port; otherwise other systems on that address can
// connect.
func Embed(dir, listen string) (*Server, error) {
	opts := &server.Options{
		ServerName: "offprint", StoreDir: dir, JetStream: true, SyncAlways: true, DontListen: listen == "",
		NoSigs: true, NoLog: true, MaxPayload: 8 << 20, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 50,
	}
	if listen != "" {
		at, err := freeAddress(listen)
		if err != nil {
			return nil, fmt.Errorf("%w: address of the embedded log: %w", ErrConfig, err)
		}
		opts.Host, opts.Port = at.IP.String(), at.Port
		if at.IP == nil {
			opts.Host = ""
		}
		if opts.Port == 0 {
			opts.Port = server.RANDOM_PORT
		}
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("embedded log: %w", err)
	}
	ns.Start()
	if !ns.ReadyForConnections(30 * time.Second) {
		ns.Shutdown()
		return nil, fmt.Errorf("%w: the embedded log did not start", ErrUnavailable)
	}
	config := ns.JetStreamConfig()
	if config == nil {
		ns.Shutdown()
		return nil, fmt.Errorf("%w: the embedded log could not open its streams", ErrUnavailable)
	}
	config.StoreDir = dir
	s := &Server{ns: ns, mend: &mender{ns: ns, config: *config, quit: make(chan struct{})}}
	s.mend.start(s.report)
	return s, nil
}

// freeAddress reads an address and tries it: the server itself would try for
// half a minute.
func freeAddress(listen string) (*net.TCPAddr, error) {
	at, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, err
	}
	return at, l.Close()
}

// Connect gives a connection inside the process.
func (s *Server) Connect() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(s.ns), nats.Name("offprint"), nats.MaxReconnects(-1))
}

// URL is where other systems connect; empty if it opens no port.
func (s *Server) URL() string {
	if s.ns.Addr() == nil {
		return ""
	}
	return s.ns.ClientURL()
}

// OnTrouble sets what is called when the log cannot be written, as on a full
// disk. Once there is room again, it is mended without further ado.
func (s *Server) OnTrouble(tell func(error)) { s.tell.Store(&tell) }

func (s *Server) report(err error) {
	if tell := s.tell.Load(); tell != nil {
		(*tell)(err)
	}
}

// Close stops the server. What was acknowledged is on disk already.
func (s *Server) Close() {
	s.mend.stop()
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
}

// Dial connects to an external server or cluster: one URL, or several with
// commas between them. A connection that is lost later is made again for ever.
// No error shows the password or token of a URL.
func Dial(ctx context.Context, urls string) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	nc, err := nats.Connect(urls, nats.Name("offprint"), nats.Timeout(5*time.Second),
		nats.MaxReconnects(-1), nats.ReconnectWait(250*time.Millisecond), nats.PingInterval(10*time.Second), nats.MaxPingsOutstanding(2))
	if err != nil {
		return nil, fmt.Errorf("%w: NATS at %s: %s", ErrUnavailable, redact(urls), withoutSecrets(err.Error(), urls))
	}
	return nc, nil
}

// redact leaves the hosts of URLs only.
func redact(urls string) string {
	hosts := strings.Split(urls, ",")
	for i, u := range hosts {
		u = strings.TrimSpace(u)
		if _, rest, ok := strings.Cut(u, "://"); ok {
			u = rest
		}
		hosts[i] = u[strings.LastIndexByte(u, '@')+1:]
	}
	return strings.Join(hosts, ",")
}

// withoutSecrets takes what stands before the @ of each URL out of text.
func withoutSecrets(text, urls string) string {
	for u := range strings.SplitSeq(urls, ",") {
		_, u, _ = strings.Cut(strings.TrimSpace(u), "://")
		at := strings.LastIndexByte(u, '@')
		if at < 0 {
			continue
		}
		token, password, _ := strings.Cut(u[:at], ":")
		for _, secret := range []string{u[:at], cmp.Or(password, token)} {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, "***")
			}
		}
	}
	return text
}
