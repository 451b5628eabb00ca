// Package web is the HTTP side of Oriel: a handler reads a request, has the authority
// verify its token and the gate answer its query, and writes the response. The gate is its
// only way to a report. routes.go has all routes, docs/http-api.md the wire contract.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/secret"
	"github.com/oriel-server/oriel/internal/ua"
)

// DefaultRequestTimeout is that of Config.
const DefaultRequestTimeout = 30 * time.Second

// DefaultMaxAnswer is that of Config.
const DefaultMaxAnswer = 8 << 20

// answersInFlight is the default of Config.InFlightBytes, in largest answers.
const answersInFlight = 8

// Config is what a Server needs.
type Config struct {
	// PublicURL is the server's URL for browsers: scheme, host, and the path below which
	// a proxy puts it, if any. Required.
	PublicURL string
	Authority *access.Authority // Required.
	Rules     *policy.Rules     // Required.
	Gate      *policy.Gate      // Required.
	// Files holds oriel.js, embed.js, embed.css and assets/. Names that end like
	// -ABCD1234.js contain a hash of the content. Required.
	Files    fs.FS
	Logger   *slog.Logger         // Required.
	Registry *prometheus.Registry // Required: the server's own, never the global one.
	Clock    func() time.Time     // Required.
	Random   io.Reader            // Required: crypto/rand.Reader outside tests.
	// Dialects are the meanings of Universal Analytics' numbered names, by view. Optional.
	Dialects map[string]ua.Options
	// Quota returns the remaining quotas of Google, as JSON for operators. Optional.
	Quota func() []byte
	// Purge drops the stored answers of a view; of all views for "". Optional.
	Purge func(ctx context.Context, view string) (Purged, error)
	// Ready lists the conditions of readiness. Optional.
	Ready []Check
	// OperatorToken is what requests to the operators' listener that change something must
	// show. Without one, none is accepted.
	OperatorToken secret.Value
	// RotateKeys makes a new signing key, the only one when atOnce, and returns all. Optional.
	RotateKeys func(ctx context.Context, atOnce bool) ([]SigningKey, error)
	// OperatorHosts are host names of the operators' listener, in lower case, beside IP
	// addresses and localhost. Optional.
	OperatorHosts []string
	// TrustedProxies are the peers whose X-Forwarded-For is trusted. Optional.
	TrustedProxies []netip.Prefix
	// RequestTimeout bounds the work for one request. Optional.
	RequestTimeout time.Duration
	Limits         Limits // Required.
	// MaxAnswer bounds an answer, in bytes before compression. Optional.
	MaxAnswer int
	// InFlightBytes bounds the bytes of large answers that are being written. Optional.
	InFlightBytes int
	// Encoders bounds how many bodies are compressed at once for the cache, and as many for a
	// single response, each with EncoderBytes. The default is the number of processors.
	Encoders int
	// QueryBytes bounds the memory of parsed queries. The default is 64 MiB.
	QueryBytes int64
	// Timeouts are those of HTTPServer. Optional.
	Timeouts Timeouts
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
	c.MaxAnswer = cmp.Or(c.MaxAnswer, DefaultMaxAnswer)
	c.InFlightBytes = cmp.Or(c.InFlightBytes, answersInFlight*c.MaxAnswer)
	c.Encoders = cmp.Or(c.Encoders, runtime.GOMAXPROCS(0))
	c.QueryBytes = cmp.Or(c.QueryBytes, defaultQueryCache)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, DefaultRequestTimeout)
	c.Timeouts.setDefaults(c.RequestTimeout)
}

// A Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	authority     *access.Authority
	rules         *policy.Rules
	gate          *policy.Gate
	log           *slog.Logger
	clock         func() time.Time
	ids           ids
	ready         []Check
	operatorHosts []string
	operatorToken secret.Value
	rotate        func(ctx context.Context, atOnce bool) ([]SigningKey, error)
	quota         func() []byte
	purgeCache    func(ctx context.Context, view string) (Purged, error)
	timeout       time.Duration

	base   string // PublicURL without a trailing slash
	path   string // the path of base: "" or "/below/here"
	origin string // scheme://host of base, as a browser sends it
	secure bool   // base is https

	assets    map[string]*asset
	pages     *template.Template
	clients   clients
	limiter   *limiter
	maxAnswer int
	flight    *flight
	timeouts  Timeouts
	dialects  map[string]ua.Options
	metrics   *metrics
	registry  *prometheus.Registry
	fixed     fixedHeaders
	gzip      *gzipPools
	queries   *queryCache
	calls     map[string]call

	draining atomic.Bool
	failures *failureLog
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
		log: c.Logger, clock: c.Clock, ids: ids{random: c.Random}, ready: c.Ready, operatorHosts: c.OperatorHosts,
		operatorToken: c.OperatorToken, rotate: c.RotateKeys,
		quota: c.Quota, purgeCache: c.Purge, timeout: c.RequestTimeout, calls: calls(), queries: newQueryCache(c.QueryBytes),
		fixed: newFixedHeaders(), clients: clients{c.TrustedProxies, warnUnlistedProxy(c.Logger)}, registry: c.Registry, dialects: c.Dialects,
		timeouts: c.Timeouts, maxAnswer: c.MaxAnswer, flight: newFlight(c.InFlightBytes), gzip: newGzipPools(c.Encoders), pages: template.Must(template.ParseFS(templates, "*.html")),
	}
	if err := s.setPublicURL(c.PublicURL); err != nil {
		return nil, err
	}
	var err error
	if s.assets, err = loadAssets(c.Files); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(c.Registry); err != nil {
		return nil, err
	}
	if s.failures, err = newFailureLog(c.Registry); err != nil {
		return nil, err
	}
	if s.limiter, err = newLimiter(c.Limits); err != nil {
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
