package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

const keysAbout = `List the keys that embed tokens are signed and hosts are known by, never what they are.
"oriel keys rotate" has the running server make a new signing key, and
no viewer is refused: the key before it is good until the next rotation.`

func keys(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "rotate" {
		return rotateKeys(ctx, args[1:], stdout, stderr)
	}
	fs := newFlags("keys", keysAbout, stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	if err := parse(fs, args); err != nil {
		return err
	}
	c, err := app.ReadConfig(*path)
	if err != nil {
		return err
	}
	signing, err := app.SigningKeys(c)
	if err != nil {
		return err
	}
	hosts, err := app.HostKeys(c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	for _, k := range signing {
		fmt.Fprintf(w, "signing key\t%s\tmade %s\n", k.ID, k.Created.Format(time.RFC3339))
	}
	for _, k := range hosts {
		fmt.Fprintf(w, "host %s\t%s\t%s\n", k.Host, k.Fingerprint, k.Kind)
	}
	return w.Flush()
}

func rotateKeys(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("keys rotate", "Have the running server make a new signing key; other servers that use the file load it within seconds.", stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	address := fs.String("url", "", "the operators' listener, as http://host:port; else where the configuration says")
	atOnce := fs.Bool("at-once", false, "drop all other keys: they leaked. Every token is refused, and pages begin new sessions")
	if err := parse(fs, args); err != nil {
		return err
	}
	c, err := app.ReadConfig(*path)
	if err != nil {
		return err
	}
	server, err := findServer(c, *address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var rotated struct{ Keys []app.SigningKey }
	if err := server.call(ctx, http.MethodPost, "/keys:rotate", map[string]bool{"at_once": *atOnce}, &rotated); err != nil {
		return err
	}
	if len(rotated.Keys) == 1 {
		_, err = fmt.Fprintf(stdout, "%s is the only signing key now.\n", rotated.Keys[0].ID)
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s signs from now on, %s is still good.\n", rotated.Keys[0].ID, rotated.Keys[1].ID)
	return err
}
