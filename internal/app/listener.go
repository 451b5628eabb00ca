package app

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/oriel-server/oriel/internal/web"
)

const (
	// mostConnections is what limits.connections is where the operating system allows
	// more: about 200 MB of them when idle.
	mostConnections = 16_384
	// operatorConnections is for the operators' listener.
	operatorConnections = 256
)

// usualConnections leaves a quarter of the files that the process may open to
// Google, the cache and the ledger.
func usualConnections(files uint64) int { return int(min(files-files/4, mostConnections)) }

// A door is a listener with a bound on the connections that are open at once, from
// all and from each address. When there are too many in all, new ones wait in the
// operating system's queue; too many from one address are closed, or that address
// could fill the queue.
type door struct {
	net.Listener
	perAddress int                   // 0: no bound
	exempt     func(netip.Addr) bool // from perAddress: proxies, behind whom everybody is
	refused    func()                // called for each connection that is closed

	slots  chan struct{}
	closed chan struct{}
	close  sync.Once

	mu   sync.Mutex
	held map[netip.Addr]int
}

func newDoor(l net.Listener, connections int) *door {
	return &door{
		Listener: l, exempt: func(netip.Addr) bool { return false }, refused: func() {},
		slots: make(chan struct{}, connections), closed: make(chan struct{}), held: map[netip.Addr]int{},
	}
}

// publicDoor bounds the connections of the public listener.
func (a *App) publicDoor(l net.Listener) *door {
	d := newDoor(l, cmp.Or(a.config.Limits.Connections, usualConnections(fileLimit())))
	d.perAddress, d.refused = a.config.Limits.ConnectionsPerClient, a.refused.Inc
	proxies := a.config.proxies()
	d.exempt = func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	return d
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	for {
		select {
		case d.slots <- struct{}{}:
		case <-d.closed:
			return nil, net.ErrClosed
		}
		conn, err := d.Listener.Accept()
		if err != nil {
			<-d.slots
			return nil, err
		}
		if who, ok := d.enter(conn.RemoteAddr()); ok {
			return &visit{Conn: conn, leave: sync.OnceFunc(func() { d.leave(who) })}, nil
		}
		<-d.slots
		_ = conn.Close() // nobody's to mend
		d.refused()
	}
}

// Close implements net.Listener.
func (d *door) Close() error {
	d.close.Do(func() { close(d.closed) })
	return d.Listener.Close()
}

// enter counts a connection of an address, and reports whether it may stay. Who is
// exempt is not valid, and not counted.
func (d *door) enter(remote net.Addr) (who netip.Addr, ok bool) {
	ap, err := netip.ParseAddrPort(remote.String())
	if err != nil || d.perAddress == 0 || d.exempt(ap.Addr().Unmap().WithZone("")) {
		return netip.Addr{}, true
	}
	who = web.Network(ap.Addr())
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[who] >= d.perAddress {
		return who, false
	}
	d.held[who]++
	return who, true
}

func (d *door) leave(who netip.Addr) {
	<-d.slots
	if !who.IsValid() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[who]--; d.held[who] == 0 {
		delete(d.held, who)
	}
}

// A visit is a connection that makes room when it ends.
type visit struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (v *visit) Close() error {
	defer v.leave()
	return v.Conn.Close()
}

// CloseWrite lets net/http end its answer to somebody who is still sending, without
// the answer getting lost.
func (v *visit) CloseWrite() error {
	if c, ok := v.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
