package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

const suspendAbout = `Close a view, a host or a dashboard: from the next request on no token opens it, none is minted for it,
and its embed pages and public visitors are refused, until it is resumed. It holds over restarts.

  oriel suspend view NAME        also under dashboards; what else a token opens goes on
  oriel suspend host NAME        all that the host began or would begin
  oriel suspend dashboard NAME   not the questions about its views

"oriel revoke -list" lists what is suspended.`

const resumeAbout = `Open again what was suspended. Tokens of before are good if they have not expired.

  oriel resume view|host|dashboard NAME`

func suspend(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return suspension(ctx, "suspend", suspendAbout, args, stdout, stderr)
}

func resume(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return suspension(ctx, "resume", resumeAbout, args, stdout, stderr)
}

// suspension is oriel suspend and oriel resume.
func suspension(ctx context.Context, verb, about string, args []string, stdout, stderr io.Writer) error {
	r := &revocation{ask: app.Revocation{Suspend: true}}
	fs := newFlags(verb, about, stderr)
	fs.StringVar(&r.config, "config", "oriel.yaml", "configuration file")
	fs.StringVar(&r.url, "url", "", "the operators' listener, as http://host:port; else where the configuration says")
	if verb == "suspend" {
		fs.StringVar(&r.ask.Reason, "reason", "", "for those who list it later")
	}
	if err := fs.Parse(args); err != nil {
		return cmp.Or(asHelp(err), errUsage)
	}
	rest := fs.Args()
	if len(rest) < 2 || !slices.Contains([]string{"view", "host", "dashboard"}, rest[0]) {
		fmt.Fprintf(stderr, "oriel %s: say what: view NAME, host NAME or dashboard NAME\n", verb)
		return errUsage
	}
	r.ask.Kind, r.ask.Name = rest[0], rest[1]
	if err := parse(fs, rest[2:]); err != nil {
		return err
	}
	if verb == "resume" {
		r.lift = app.SuspensionID(r.ask.Kind, r.ask.Name)
	}
	return r.run(ctx, stdout)
}

// run does what was asked for at the running server.
func (r *revocation) run(ctx context.Context, stdout io.Writer) error {
	config, err := app.ReadConfig(r.config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	server, err := findServer(config, r.url)
	if err != nil {
		return err
	}
	return r.at(ctx, server, stdout)
}
