// Package web is the HTTP side of Oriel: a handler reads a request, asks the
// authority who asks and the gate for the answer, and writes it. It holds no
// way to a report but the gate. The map of the site is in routes.go, the wire
// contract in docs/http-api.md.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/ua"
)

// DefaultRequestTimeout is that of Config.
const DefaultRequestTimeout = 30 * time.Second

// Config is what a Server needs.
type Config struct {
	// PublicURL is the address that browsers know the server by: scheme, host,
	// and a path when a proxy puts the server below one. Required.
	PublicURL string
	Authority *access.Authority // Required.
	Rules     *policy.Rules     // Required.
	Gate      *policy.Gate      // Required.
	// Files holds what pages load: oriel.js, embed.js, embed.css and assets/.
	// Names that end like -ABCD1234.js hold the hash of the content. Required.
	Files    fs.FS
	Logger   *slog.Logger         // Required.
	Registry *prometheus.Registry // Required: the server's own, never the global one.
	Clock    func() time.Time     // Required.
	Random   io.Reader            // Required: crypto/rand.Reader outside tests.
	// Dialects say, by the names of views, what Universal Analytics' numbered names
	// mean there. Optional.
	Dialects map[string]ua.Options
	// Quota returns what is left of Google's quotas, as JSON; operators see it.
	// Optional.
	Quota func() []byte
	// Purge drops the stored answers of a view, or of all views when its name is
	// empty. Optional.
	Purge func(ctx context.Context, view string) (Purged, error)
	// Ready lists what must work before the server can answer. Optional.
	Ready []Check
	// OperatorHosts are names, in lower case, under which the operators' listener
	// answers, beside IP addresses and localhost. Optional.
	OperatorHosts []string
	// TrustedProxies are the peers whose X-Forwarded-For is believed. Optional.
	TrustedProxies []netip.Prefix
	// RequestTimeout bounds the work for one request. Optional.
	RequestTimeout time.Duration
	Limits         Limits // Required.
	// Patience is how long HTTPServer waits for slow clients. Optional.
	Patience Patience
}

func (c *Config) validate() error {
	required := []struct {
		name    string
		missing bool
	}{
		{"Authority", c.Authority == nil}, {"Rules", c.Rules == nil}, {"Gate", c.Gate == nil},
		{"Files", c.Files == nil}, {"Logger", c.Logger == nil}, {"Registry", c.Registry == nil},
		{"Clock", c.Clock == nil}, {"Random", c.Random == nil},
	}
	for _, f := range required {
		if f.missing {
			return fmt.Errorf("web: Config.%s is required", f.name)
		}
	}
	if c.RequestTimeout < 0 {
		return errors.New("web: Config.RequestTimeout must not be negative")
	}
	return nil
}

func (c *Config) setDefaults() {
	c.RequestTimeout = cmp.Or(c.RequestTimeout, DefaultRequestTimeout)
	c.Patience.setDefaults(c.RequestTimeout)
}

// A Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	authority *access.Authority
	rules     *policy.Rules
	gate      *policy.Gate
	log       *slog.Logger
	clock     func() time.Time
	ids       ids
	ready     []Check
	// operatorHosts are Config.OperatorHosts.
	operatorHosts []string
	quota         func() []byte
	purgeCache    func(ctx context.Context, view string) (Purged, error)
	timeout       time.Duration

	base   string // PublicURL without a trailing slash
	path   string // the path of base: "" or "/below/here"
	origin string // scheme://host of base, as a browser sends it
	secure bool   // base is https

	assets     map[string]*asset
	pages      *pages
	clients    clients
	limiter    *limiter
	patience   Patience
	dialects   map[string]ua.Options
	metrics    *metrics
	registry   *prometheus.Registry
	compressed func(http.Handler) http.HandlerFunc
	fixed      fixedHeaders
	packer     *packer
	readings   *readings

	public   http.Handler
	operator http.Handler
}

// New returns a server. It reads every file of c.Files and registers its
// metrics with c.Registry.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c.setDefaults()
	s := &Server{
		authority: c.Authority, rules: c.Rules, gate: c.Gate,
		log: c.Logger, clock: c.Clock, ids: ids{random: c.Random}, ready: c.Ready, operatorHosts: c.OperatorHosts, quota: c.Quota, purgeCache: c.Purge, timeout: c.RequestTimeout,
		fixed: newFixedHeaders(), clients: clients{trusted: c.TrustedProxies}, registry: c.Registry, dialects: c.Dialects,
		patience: c.Patience, packer: newPacker(),
	}
	if err := s.setPublicURL(c.PublicURL); err != nil {
		return nil, err
	}
	var err error
	if s.assets, err = loadAssets(c.Files); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(c.Registry); err != nil {
		return nil, err
	}
	if s.limiter, err = newLimiter(c.Limits); err != nil {
		return nil, err
	}
	if s.compressed, err = newCompressor(); err != nil {
		return nil, err
	}
	if s.readings, err = newReadings(); err != nil {
		return nil, err
	}
	s.public = s.publicHandler()
	s.operator = s.operatorHandler()
	return s, nil
}

func (s *Server) setPublicURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("web: public URL: %w", err)
	}
	s.origin = origin.Of(raw)
	if s.origin == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("web: public URL %q: write it like https://oriel.example.com", raw)
	}
	s.path = strings.TrimRight(u.EscapedPath(), "/")
	s.base = s.origin + s.path
	s.secure = u.Scheme == "https"
	return nil
}

// Handler returns the handler of the public listener.
func (s *Server) Handler() http.Handler { return s.public }

// Operator returns the handler of the operators' listener, which must not face
// the public.
func (s *Server) Operator() http.Handler { return s.operator }
