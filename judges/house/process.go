package house

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// A process is a running program whose output can be read while it grows.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	ended          chan struct{} // closed once err is set
	err            error
}

func start(program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), stdout: &output{}, stderr: &output{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("house: starting %s: %w", program, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// wait returns once done says so, or an error when the program ended before or
// patience did.
func (p *process) wait(what string, done func() bool) error {
	deadline := time.After(patience)
	for !done() {
		select {
		case <-p.ended:
			return fmt.Errorf("house: the program ended while we waited for %s: %w", what, cause(p.err))
		case <-deadline:
			return fmt.Errorf("house: no %s after %v", what, patience)
		case <-time.After(pause):
		}
	}
	return nil
}

func cause(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// stop interrupts the program and waits until it has ended. A program that does
// not end is killed, which is an error.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return fmt.Errorf("house: the program ended by itself: %w\n%s", cause(p.err), p.stderr.Bytes())
	default:
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill() // the error below says more
		<-p.ended
		return fmt.Errorf("house: the program did not end within %v of an interrupt", patience)
	}
	if p.err != nil {
		return fmt.Errorf("house: the program ended badly: %w\n%s", p.err, p.stderr.Bytes())
	}
	return nil
}

// An output collects what a program writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write collects b.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

// Bytes returns a copy of what was written so far.
func (o *output) Bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.buf.Bytes())
}
