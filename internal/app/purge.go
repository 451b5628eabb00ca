package app

import (
	"context"
	"log/slog"

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
