package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// TLSConfig makes the public listener speak TLS itself; without it, a proxy does.
type TLSConfig struct {
	CertFile string `yaml:"cert_file"` // PEM: the certificate, and those between it and the root
	KeyFile  string `yaml:"key_file"`  // PEM
}

func (t TLSConfig) on() bool { return t.CertFile != "" || t.KeyFile != "" }

func (t TLSConfig) validate(f *faults, publicURL string) {
	switch {
	case !t.on():
	case t.CertFile == "":
		f.add([]string{"tls", "key_file"}, "a key alone is no use: name its certificate in tls.cert_file")
	case t.KeyFile == "":
		f.add([]string{"tls", "cert_file"}, "a certificate alone is no use: name its key in tls.key_file")
	case !strings.HasPrefix(publicURL, "https://"):
		f.add([]string{"public_url"}, "%q is not where browsers find a listener that speaks TLS: write https://", publicURL)
	}
}

const (
	certificateInterval = 10 * time.Second   // how often the files are looked at, at most
	certificateWarning  = 7 * 24 * time.Hour // before its end the log has a warning
)

// A certificate is a pair of files that may be replaced at any time. New ones are
// used from the next connection on, once they fit each other; until then the old
// ones are. Browsers that come are what makes it look: it needs no goroutine.
type certificate struct {
	files TLSConfig
	clock func() time.Time
	log   *slog.Logger

	now    atomic.Pointer[tls.Certificate]
	broken atomic.Pointer[error] // why the files that are there now are not used

	looking sync.Mutex // guards what follows
	looked  time.Time
	content [sha256.Size]byte // of the files that now was made of
}

// openCertificate reads the files for the first time.
func openCertificate(files TLSConfig, clock func() time.Time, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: files, clock: clock, log: log}
	if err := c.read(); err != nil {
		return nil, err
	}
	c.looked = clock()
	return c, nil
}

func (a *App) buildTLS() (err error) {
	if !a.config.TLS.on() {
		return nil
	}
	if a.tls, err = openCertificate(a.config.TLS, a.clock, a.log); err != nil {
		return fmt.Errorf("%s: %w", a.config.src.where("tls", "cert_file"), err)
	}
	return nil
}

// config is for a server: TLS 1.2 at least, with Go's choice of ciphers.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

// get looks at the files when it is time to. Whoever comes while somebody else
// looks does not wait: a disk may take long.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.looking.TryLock() {
		if now := c.clock(); now.Sub(c.looked) >= certificateInterval {
			c.looked = now
			c.renew()
		}
		c.looking.Unlock()
	}
	return c.now.Load(), nil
}

// renew reads the files, and says once what is wrong with them.
func (c *certificate) renew() {
	err := c.read()
	if err == nil {
		c.broken.Store(nil)
		return
	}
	if old := c.broken.Swap(&err); old == nil || (*old).Error() != err.Error() {
		c.log.Error("the new TLS certificate is not used", "error", err)
	}
}

// read makes a certificate of the files, unless they are those that it has.
func (c *certificate) read() error {
	cert, err := os.ReadFile(c.files.CertFile)
	if err != nil {
		return fmt.Errorf("tls.cert_file: %w", err)
	}
	key, err := os.ReadFile(c.files.KeyFile)
	if err != nil {
		return fmt.Errorf("tls.key_file: %w", err)
	}
	content := sha256.Sum256(fmt.Appendf(nil, "%x %x", sha256.Sum256(cert), sha256.Sum256(key)))
	if content == c.content {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("tls: %s and %s are no pair: %w", c.files.CertFile, c.files.KeyFile, err)
	}
	if c.now.Swap(&pair) != nil {
		c.log.Info("a new TLS certificate is used", "until", pair.Leaf.NotAfter)
	}
	c.content = content
	return nil
}

// A serverLog is where net/http complains. Handshakes that fail, which everybody who
// looks for open ports causes, go to debug, with their addresses.
type serverLog struct{ log *slog.Logger }

// Write implements io.Writer.
func (l serverLog) Write(line []byte) (int, error) {
	level := slog.LevelWarn
	if bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, string(bytes.TrimSpace(line)))
	return len(line), nil
}

// check is a note for operators: a certificate that has ended or soon will, or
// files that cannot be used.
func (c *certificate) check() error {
	var errs []error
	if err := c.broken.Load(); err != nil {
		errs = append(errs, *err)
	}
	until := c.now.Load().Leaf.NotAfter
	if left := until.Sub(c.clock()); left < certificateWarning {
		errs = append(errs, fmt.Errorf("the TLS certificate is good until %s: put a new one in its place", until.UTC().Format(time.DateTime)))
	}
	return errors.Join(errs...)
}
