// Command anyday runs the tests, or any command, with the clock of Go moved to
// the days on which programs err.
//
//	go run ./build/anyday ./...                     tests, on all days
//	go run ./build/anyday -on leap-day ./emulator   tests, on one
//	go run ./build/anyday -at 2027-03-28T00:59:58Z -zone Europe/Berlin ./internal/policy
//	go run ./build/anyday -on leap-day -- go run ./cmd/oriel demo
//
// What is moved is time.Now, by a build overlay over package time of the installed
// toolchain. Monotonic clocks, timers and the dates of files stay. The clocks of
// testing/synctest begin at the same moment.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// A day is a moment at which a program starts, and where.
type day struct {
	name  string
	at    time.Time     // zero: now
	later time.Duration // than at
	zone  string        // the machine's, IANA; empty: as it is
}

var days = []day{
	{name: "in-1000-days", later: 1000 * 24 * time.Hour},
	{name: "leap-day", at: time.Date(2028, time.February, 29, 12, 0, 0, 0, time.UTC)},
	{name: "new-years-eve", at: time.Date(2026, time.December, 31, 23, 55, 0, 0, time.UTC)},
	{name: "new-year", at: time.Date(2026, time.December, 31, 23, 59, 59, 0, time.UTC)},
	// Five minutes before clocks go from 2 to 3, and from midnight to 1.
	{name: "skipped-hour", at: time.Date(2027, time.March, 14, 9, 55, 0, 0, time.UTC), zone: "America/Los_Angeles"},
	{name: "skipped-midnight", at: time.Date(2027, time.September, 5, 3, 55, 0, 0, time.UTC), zone: "America/Santiago"},
	{name: "apia", zone: "Pacific/Apia"},
}

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "anyday:", err)
	}
	os.Exit(status)
}

// run returns the exit status.
func run(args []string) (int, error) {
	fs := flag.NewFlagSet("anyday", flag.ExitOnError)
	on := fs.String("on", "", "names of days, with commas; all when empty: "+names(days))
	at := fs.String("at", "", "a moment instead of a day, as in 2028-02-29T12:00:00Z")
	zone := fs.String("zone", "", "the machine's time zone at that moment, as in Pacific/Apia")
	_ = fs.Parse(args) // exits
	chosen, err := choose(*on, *at, *zone)
	if err != nil {
		return 2, err
	}
	if fs.NArg() == 0 {
		return 2, errors.New("name packages to test, or a command after --")
	}
	if before := len(args) - fs.NArg() - 1; before >= 0 && args[before] == "--" {
		return runOn(chosen, fs.Args())
	}
	return test([]string{"-on=" + *on, "-at=" + *at, "-zone=" + *zone}, fs.Args())
}

func choose(on, at, zone string) ([]day, error) {
	if at != "" {
		moment, err := time.Parse(time.RFC3339, at)
		return []day{{name: at + zone, at: moment, zone: zone}}, err
	}
	if on == "" {
		return days, nil
	}
	var chosen []day
	for name := range strings.SplitSeq(on, ",") {
		i := 0
		for i < len(days) && days[i].name != name {
			i++
		}
		if i == len(days) {
			return nil, fmt.Errorf("no day is called %q; there are %s", name, names(days))
		}
		chosen = append(chosen, days[i])
	}
	return chosen, nil
}

func names(days []day) string {
	var list []string
	for _, d := range days {
		list = append(list, d.name)
	}
	return strings.Join(list, ", ")
}

// test lets go test build each test program once, and start it by this one, which
// runs it on each day that flags choose.
func test(flags, packages []string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "anyday-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := overlay(dir); err != nil {
		return 1, err
	}
	starter := strings.Join(append(append([]string{self}, flags...), "--"), " ")
	return status(start(os.Environ(), append([]string{"go", "test", "-count=1", "-vet=off", "-timeout=1h", "-exec=" + starter}, packages...)))
}

// runOn runs a command on each day.
func runOn(days []day, command []string) (int, error) {
	if os.Getenv(overlaid) == "" {
		dir, err := os.MkdirTemp("", "anyday-")
		if err != nil {
			return 1, err
		}
		defer os.RemoveAll(dir)
		if err := overlay(dir); err != nil {
			return 1, err
		}
	}
	failed := 0
	for _, d := range days {
		env, err := d.environ(time.Now())
		if err != nil {
			return 1, err
		}
		if code, err := status(start(env, command)); code != 0 {
			fmt.Printf("FAILED on %s\n", d.name)
			if failed = code; err != nil {
				return failed, err
			}
		}
	}
	return failed, nil
}

// synctestBegins is when the clocks of testing/synctest begin, in Unix seconds.
var synctestBegins = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()

// environ returns the environment in which a program starts on a day.
func (d day) environ(now time.Time) ([]string, error) {
	start := d.at
	if start.IsZero() {
		start = now
	}
	start = start.Add(d.later)
	offset, bubble := start.Unix()-now.Unix(), start.Unix()-synctestBegins
	env := append(os.Environ(), offsetVariable+"="+strconv.FormatInt(offset, 10), bubbleVariable+"="+strconv.FormatInt(bubble, 10))
	if d.zone == "" {
		return env, nil
	}
	// A zone that cannot be found is UTC without a word.
	if _, err := os.Stat("/usr/share/zoneinfo/" + d.zone); err != nil {
		return nil, fmt.Errorf("%w; install the system's time zones (tzdata)", err)
	}
	return append(env, "TZ="+d.zone), nil
}

func start(env, command []string) error {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt) // which the command gets as well, and this program outlives it
	defer signal.Stop(interrupts)
	c := exec.Command(command[0], command[1:]...)
	c.Env, c.Stdin, c.Stdout, c.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	return c.Run()
}

// status tells a command that failed, which has said why, from one that could not be
// run.
func status(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1), nil
	}
	return 1, err
}
