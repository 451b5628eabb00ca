package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

const revokeAbout = `End sessions: their embed tokens are refused from the next request on, and cannot be renewed.

  oriel revoke session ID              one session
  oriel revoke subject NAME [-host H]  whom hosts call so, or one host
  oriel revoke view NAME               those that name a view, or a dashboard over it
  oriel revoke host NAME               those that a host began
  oriel revoke key FINGERPRINT         those begun with a key; nothing can be begun with it again
  oriel revoke all                     every session
  oriel revoke -list                   what is in force
  oriel revoke -lift ID                take a revocation back

New sessions can be begun, but with a key that was revoked. The running server does it: an error means
that nothing has changed, unless it says otherwise.`

// A revocation is what the command line asks for.
type revocation struct {
	config, url string
	list        bool
	lift        string
	ask         app.Revocation
}

func revoke(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	asked, err := parseRevocation(args, stderr)
	if err != nil {
		return err
	}
	return asked.run(ctx, stdout)
}

// parseRevocation reads flags before and after the kind and the name. A name is
// taken as it stands, for ids of sessions may begin with a dash.
func parseRevocation(args []string, stderr io.Writer) (*revocation, error) {
	r := &revocation{}
	var before string
	fs := newFlags("revoke", revokeAbout, stderr)
	fs.StringVar(&r.config, "config", "oriel.yaml", "configuration file")
	fs.StringVar(&r.url, "url", "", "the operators' listener, as http://host:port; else where the configuration says")
	fs.BoolVar(&r.list, "list", false, "list what is in force")
	fs.StringVar(&r.lift, "lift", "", "id of a revocation to take back")
	fs.StringVar(&r.ask.Host, "host", "", "whose subject")
	fs.StringVar(&before, "before", "", "end sessions that began up to then: 2026-11-23T12:00:00Z, or 2h for two hours ago; else now")
	fs.StringVar(&r.ask.Reason, "reason", "", "for those who list it later")
	if err := fs.Parse(args); err != nil {
		return nil, cmp.Or(asHelp(err), errUsage)
	}
	rest := fs.Args()
	if len(rest) > 0 {
		r.ask.Kind, rest = rest[0], rest[1:]
	}
	if r.ask.Kind != "" && r.ask.Kind != "all" && len(rest) > 0 {
		r.ask.Name, rest = rest[0], rest[1:]
	}
	if err := parse(fs, rest); err != nil {
		return nil, err
	}
	var err error
	if r.ask.Before, err = moment(before, time.Now()); err == nil {
		err = r.check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "oriel revoke: %v\n", err)
		return nil, errUsage
	}
	return r, nil
}

func asHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return nil
}

func (r *revocation) check() error {
	switch wants := r.list || r.lift != ""; {
	case wants && (r.ask.Kind != "" || r.list && r.lift != ""):
		return errors.New("-list and -lift stand alone")
	case !wants && r.ask.Kind == "":
		return errors.New("say what to end: session, subject, view, host, key or all")
	case !wants && r.ask.Kind != "all" && r.ask.Name == "":
		return fmt.Errorf("say which %s", r.ask.Kind)
	}
	return nil
}

// moment reads a time, or how long ago it was.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("-before %s: write 2026-11-23T12:00:00Z, or 2h for two hours ago", text)
	}
	return t, nil
}

// at does what was asked for, and prints what is in force then.
func (r *revocation) at(ctx context.Context, server *operators, stdout io.Writer) error {
	switch {
	case r.list:
		list, err := server.Revocations(ctx)
		if err == nil {
			printRevocations(stdout, list)
		}
		return err
	case r.lift != "":
		err := server.Lift(ctx, r.lift)
		switch {
		case err == nil && r.ask.Suspend:
			fmt.Fprintf(stdout, "Resumed, at %s: %s %s\n", server.url, r.ask.Kind, printable(r.ask.Name))
		case err == nil:
			fmt.Fprintf(stdout, "Revocation %s is taken back, at %s.\n", r.lift, server.url)
		}
		return err
	}
	made, err := server.Revoke(ctx, r.ask)
	if made.ID != "" {
		did := "Revoked"
		if made.Suspend {
			did = "Suspended"
		}
		fmt.Fprintf(stdout, "%s, at %s: %s\n", did, server.url, made)
	}
	return err
}

func printRevocations(w io.Writer, list []app.Revocation) {
	if len(list) == 0 {
		fmt.Fprintln(w, "Nothing is revoked.")
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tWHAT\tBEGAN BEFORE\tIN FORCE UNTIL\tREASON")
	for _, r := range list {
		until := "for good"
		if !r.Until.IsZero() {
			until = r.Until.Format(time.RFC3339)
		}
		what := strings.TrimSpace(r.Kind + " " + printable(r.Name))
		if r.Suspend {
			what = "suspended " + what
		}
		if r.Host != "" {
			what += " of " + printable(r.Host)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, what, r.Before.Format(time.RFC3339), until, printable(r.Reason))
	}
	_ = table.Flush()
}

// printable keeps what others wrote from steering the terminal.
func printable(s string) string {
	if quoted := fmt.Sprintf("%q", s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}

// findServer returns the running server, at the address that is named or else where the
// configuration says. It shows the operators' token of the configuration.
func findServer(config *app.Config, address string) (*operators, error) {
	if address == "" {
		var err error
		if address, err = operatorsURL(config.Operator.Listen); err != nil {
			return nil, fmt.Errorf("%s: operator.listen: %w", config.Where("operator", "listen"), err)
		}
	}
	return &operators{url: strings.TrimRight(address, "/"), token: config.OperatorToken, client: directly()}, nil
}

// operatorsURL is that of the listener of a server on this machine.
func operatorsURL(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if port == "0" {
		return "", errors.New("the port is any free one: name the listener with -url, as serve has printed it")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// directly returns a client that asks whom it is told to, past proxies and
// redirects.
func directly() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// operators is the operators' listener of a server.
type operators struct {
	url    string
	token  func() (string, error) // for requests that change something
	client *http.Client
}

// Revoke asks the server.
func (o *operators) Revoke(ctx context.Context, r app.Revocation) (made app.Revocation, err error) {
	request := map[string]any{"kind": r.Kind, "name": r.Name, "host": r.Host, "reason": r.Reason, "suspend": r.Suspend}
	if !r.Before.IsZero() {
		request["before"] = r.Before
	}
	err = o.call(ctx, http.MethodPost, "/revocations", request, &made)
	return made, err
}

// Revocations asks the server for all pages.
func (o *operators) Revocations(ctx context.Context) (all []app.Revocation, err error) {
	for path := "/revocations"; ; {
		var page struct {
			Revocations []app.Revocation
			Next        string `json:"next_page_token"`
		}
		if err := o.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Revocations...); page.Next == "" {
			return all, nil
		}
		path = "/revocations?page_token=" + url.QueryEscape(page.Next)
	}
}

// Lift asks the server.
func (o *operators) Lift(ctx context.Context, id string) error {
	return o.call(ctx, http.MethodDelete, "/revocations/"+url.PathEscape(id), nil, nil)
}

// call sends a request as JSON, and reads the answer into one unless it is nil.
func (o *operators) call(ctx context.Context, method, path string, request, answer any) error {
	var body io.Reader = http.NoBody
	if request != nil {
		b, err := json.Marshal(request)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, o.url+path, body)
	if err != nil {
		return err
	}
	if request != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		token, err := o.token()
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := o.client.Do(r)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no server listens at %s, so nothing has changed: start it, or name its operators' listener with -url: %w", o.url, err)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		return refusal(res)
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<20)).Decode(answer); err != nil {
		return fmt.Errorf("%s is no Oriel: %w", o.url, err)
	}
	return nil
}
