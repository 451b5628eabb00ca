package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/web"
)

// Purged says how many stored answers were dropped; see web.Purged.
type Purged = web.Purged

// purge drops the stored answers about the property of a view, as its account got
// them; all when the name is empty. Other views of the property share them.
func (a *App) purge(ctx context.Context, name string) (p Purged, err error) {
	var n cache.Forgotten
	if name == "" {
		n, err = a.answers.ForgetAll(ctx)
	} else {
		var v policy.View
		if v, err = a.config.viewNamed(name); err != nil {
			return p, err
		}
		p.View = v.Name
		n, err = a.answers.Forget(ctx, v.Account, v.Property)
	}
	if err != nil {
		return p, report.Errorf(report.Unavailable, "The answers on disk could not be dropped; none of them is given before a restart.").Because(err)
	}
	p.Memory, p.Disk = n.Memory, n.Disk
	logPurge(a.log, p)
	return p, nil
}

func logPurge(log *slog.Logger, p Purged) {
	log.Info("stored answers were purged", "view", p.View, "memory", p.Memory, "disk", p.Disk)
}

// viewNamed returns the view that a name or alias means.
func (c *Config) viewNamed(name string) (policy.View, error) {
	rules, err := c.rules()
	if err != nil {
		return policy.View{}, err
	}
	known, ok := rules.ResolveView(name)
	if !ok {
		return policy.View{}, report.Errorf(report.NotFound, "There is no view %q.", report.Truncate(name))
	}
	return c.Views[known].view(known)
}

// A Purger drops stored answers without a server: from the file. Close it.
type Purger struct {
	app   *App
	store cache.Store
}

// NewPurger opens the file of answers of a configuration. Nothing of Google is
// needed. It fails while a server uses the file.
func NewPurger(c *Config, log *slog.Logger) (*Purger, error) {
	if c.Cache.File == "" {
		return nil, fmt.Errorf("%s: cache.file: answers are in the server's memory alone, and no server runs: there is nothing to purge", c.src.where("cache", "file"))
	}
	a := &App{config: c, log: log, clock: c.Clock}
	if a.clock == nil {
		a.clock = time.Now
	}
	if _, err := os.Stat(c.Cache.File); errors.Is(err, fs.ErrNotExist) {
		return &Purger{app: a}, nil
	}
	store, err := a.openStore()
	return &Purger{a, store}, err
}

// Purge drops the answers of a view, all when the name is empty.
func (p *Purger) Purge(ctx context.Context, name string) (purged Purged, err error) {
	var what cache.Purge
	if name != "" {
		v, err := p.app.config.viewNamed(name)
		if err != nil {
			return purged, err
		}
		purged.View = v.Name
		what.Owner = cache.OwnerOf(v.Account, v.Property, p.app.config.realm())
	}
	if p.store == nil {
		return purged, nil
	}
	if purged.Disk, err = p.store.Purge(ctx, what); err == nil {
		logPurge(p.app.log, purged)
	}
	return purged, err
}

// Close closes the file.
func (p *Purger) Close() error {
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}
