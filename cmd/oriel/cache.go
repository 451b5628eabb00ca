package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

const cacheAbout = `Drop stored answers, so that Google is asked again: after days were corrected, data was deleted, or a
property's time zone or currency changed.

  oriel cache purge -view NAME   those about the property of a view
  oriel cache purge -all         all of them

The running server does it.`

// cacheCommand is oriel cache.
func cacheCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("cache", cacheAbout, stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	address := fs.String("url", "", "the operators' listener, as http://host:port; else where the configuration says")
	view := fs.String("view", "", "name or alias of the view")
	all := fs.Bool("all", false, "the answers of all views")
	if err := fs.Parse(args); err != nil {
		return cmp.Or(asHelp(err), errUsage)
	}
	verb, rest := "", fs.Args()
	if len(rest) > 0 {
		verb, rest = rest[0], rest[1:]
	}
	if verb == "purge" && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		fmt.Fprintf(stderr, "oriel cache purge: name the view by its flag: oriel cache purge -view %s\n", printable(rest[0]))
		return errUsage
	}
	if err := parse(fs, rest); err != nil {
		return err
	}
	switch {
	case verb != "purge":
		fmt.Fprintln(stderr, "oriel cache: say what to do: purge")
		return errUsage
	case (*view == "") == !*all:
		fmt.Fprintln(stderr, "oriel cache purge: say which answers: -view NAME or -all")
		return errUsage
	}
	config, err := app.ReadConfig(*path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return purge(ctx, config, *address, *view, stdout)
}

// purge drops the answers of a view, all when its name is empty.
func purge(ctx context.Context, config *app.Config, address, view string, stdout io.Writer) error {
	server, err := findServer(config, address)
	if err != nil {
		return err
	}
	of, request := "of view "+printable(view), map[string]any{"view": view}
	if view == "" {
		of, request = "of all views", map[string]any{"all": true}
	}
	var p app.Purged
	if err := server.call(ctx, http.MethodPost, "/cache:purge", request, &p); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Purged %s, at %s: %d answers in memory, %d on disk.\n", of, server.url, p.Memory, p.Disk)
	return err
}
