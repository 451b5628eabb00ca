// Command oriel embeds Google Analytics dashboards in other people's pages, for
// visitors without Google accounts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // dates mean the property's time zone, on machines without zone files too
)

// A command is one subcommand: run parses args and works until ctx ends.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, stdout, stderr io.Writer) error
}

func commands() []command {
	return []command{
		{"demo", "show everything, offline: a made-up Google, a server, a customer's page", demo},
		{"serve", "run the server", serve},
		{"doctor", "check configuration, keys and access, and print what to fix", doctor},
		{"token", "mint an embed token, or make an API key", token},
		{"keys", "list keys, or rotate those that sign embed tokens", keys},
		{"revoke", "end sessions: of a session id, a subject, a view, a host, a key, or all", revoke},
		{"suspend", "close a view, a host or a dashboard at once, until it is resumed", suspend},
		{"resume", "open again what was suspended", resume},
		{"cache", "purge: drop the stored answers of a view, or all", cacheCommand},
		{"audit", "verify that no line of the audit trail was changed or removed", auditTrail},
		{"emulate", "run only the emulator of Google's APIs", emulate},
		{"version", "print the version", version},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 0 done, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	if isHelp(args[0]) {
		usage(stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return report(c.run(ctx, args[1:], stdout, stderr), stderr)
		}
	}
	fmt.Fprintf(stderr, "oriel: there is no command %q\n\n", args[0])
	usage(stderr)
	return 2
}

func report(err error, stderr io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintf(stderr, "oriel: %v\n", err)
	return 1
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "-help" || arg == "--help"
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Oriel embeds Google Analytics dashboards in your pages, for visitors without Google accounts.\n\nUsage:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  oriel %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n`oriel COMMAND -h` lists a command's flags. Start with `oriel demo`.\n")
}
