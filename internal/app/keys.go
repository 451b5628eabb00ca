package app

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/filestate"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/web"
)

// keysInterval is how often it is looked whether the file of signing keys changed:
// well within the time that a new key waits before it signs.
const keysInterval = 2 * time.Second

// watchKeys takes over the signing keys of a changed file until ctx ends. A file
// that cannot be used leaves the keys as they are.
func (a *App) watchKeys(ctx context.Context) {
	ticker := time.NewTicker(keysInterval)
	defer ticker.Stop()
	seen := a.keysSeen
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			now, _ := filestate.Of(a.config.Tokens.KeysFile)
			if now.Same(seen) {
				continue
			}
			seen = now
			a.rotate(ctx)
		}
	}
}

func (a *App) rotate(ctx context.Context) {
	keys, err := access.LoadKeys(a.config.Tokens.KeysFile)
	changed := false
	if err == nil {
		changed, err = a.authority.Rotate(ctx, keys)
	}
	switch {
	case err != nil:
		a.log.ErrorContext(ctx, "the signing keys stay as they were", "error", err)
	case changed:
		a.log.InfoContext(ctx, "signing keys were replaced", "keys", len(keys), "newest", keys[0].ID)
	}
}

// A SigningKey is a signing key as operators see it.
type SigningKey = web.SigningKey

func listKeys(keys []access.Key) []SigningKey {
	var seen []SigningKey
	for _, k := range keys {
		seen = append(seen, SigningKey{ID: k.ID, Created: k.Created})
	}
	return seen
}

// SigningKeys lists the signing keys of a configuration, the newest first.
func SigningKeys(c *Config) ([]SigningKey, error) {
	keys, err := access.LoadKeys(c.Tokens.KeysFile)
	return listKeys(keys), err
}

// rotateKeys makes a new signing key, which is in use when it returns; see
// access.RotateKeys. Other servers that use the file load it by themselves.
func (a *App) rotateKeys(ctx context.Context, atOnce bool) ([]SigningKey, error) {
	a.rotating.Lock()
	defer a.rotating.Unlock()
	ctx = context.WithoutCancel(ctx) // must not be left half done when the client leaves
	keys, err := access.RotateKeys(a.config.Tokens.KeysFile, rand.Reader, a.clock(), atOnce)
	if err != nil {
		return nil, report.Errorf(report.Unavailable, "The signing keys stay as they were.").Because(err)
	}
	if _, err := a.authority.Rotate(ctx, keys); err != nil {
		return nil, report.Errorf(report.Unavailable, "The signing keys were replaced, but this could not be recorded in the audit trail.").Because(err)
	}
	a.log.InfoContext(ctx, "signing keys were replaced", "keys", len(keys), "newest", keys[0].ID)
	return listKeys(keys), nil
}

// HostKeys lists the keys of the hosts of a configuration, never what they are.
func HostKeys(c *Config) ([]access.KeyInfo, error) {
	hosts, err := c.hosts()
	if err != nil {
		return nil, err
	}
	var keys []access.KeyInfo
	for _, h := range hosts {
		keys = append(keys, h.Keys()...)
	}
	return keys, nil
}
