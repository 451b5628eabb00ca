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
	// maxConnections is the default of limits.connections where the operating system and
	// the memory allow more.
	maxConnections = 16_384
	// connectionBytes is what an idle connection takes.
	connectionBytes = 12 << 10
	// operatorConnections is the limit of the operators' listener.
	operatorConnections = 256
	// siteConnections is the limit of an IPv6 /48, which anybody can rent, in limits of an
	// address.
	siteConnections = 4
)

// defaultConnections returns the default of limits.connections, of which there is memory for
// most. It leaves a quarter of the files that the process may open to Google, the cache and
// the ledger.
func defaultConnections(files uint64, most int) int { return int(min(files-files/4, uint64(most))) }

// A limitListener limits the connections that are open at once, in all and per client
// address and IPv6 /48. Above the total, new connections wait in the operating system's queue; above
// the limit of an address they are closed, so that one address cannot fill the queue.
type limitListener struct {
	net.Listener
	perAddress int                   // 0: no limit
	exempt     func(netip.Addr) bool // from perAddress: trusted proxies, which all clients share
	refused    func()                // called for each connection that is closed

	slots  chan struct{}
	closed chan struct{}
	close  sync.Once

	mu    sync.Mutex
	open  map[netip.Addr]int // connections by client network
	sites map[netip.Addr]int // the same by IPv6 /48
}

func newLimitListener(l net.Listener, connections int) *limitListener {
	return &limitListener{
		Listener: l, exempt: func(netip.Addr) bool { return false }, refused: func() {},
		slots: make(chan struct{}, connections), closed: make(chan struct{}), open: map[netip.Addr]int{}, sites: map[netip.Addr]int{},
	}
}

// limitPublic limits the connections of the public listener by the configuration.
func (a *App) limitPublic(l net.Listener) *limitListener {
	limited := newLimitListener(l, cmp.Or(a.config.Limits.Connections, defaultConnections(fileLimit(), a.memory.conns)))
	limited.perAddress, limited.refused = min(a.config.Limits.ConnectionsPerClient, max(1, cap(limited.slots)/(2*siteConnections))), a.refused.Inc
	proxies := a.config.proxies()
	limited.exempt = func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	return limited
}

// Accept implements net.Listener.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		select {
		case l.slots <- struct{}{}:
		case <-l.closed:
			return nil, net.ErrClosed
		}
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.slots
			return nil, err
		}
		if client, ok := l.acquire(conn.RemoteAddr()); ok {
			return &limitedConn{Conn: conn, release: sync.OnceFunc(func() { l.release(client) })}, nil
		}
		<-l.slots
		_ = conn.Close() // nothing to do about an error
		l.refused()
	}
}

// Close implements net.Listener.
func (l *limitListener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// acquire counts a connection of a client's network, and reports whether it is within the
// limit. An exempt client is not counted: the network returned is the zero Addr.
func (l *limitListener) acquire(remote net.Addr) (client netip.Addr, ok bool) {
	ap, err := netip.ParseAddrPort(remote.String())
	if err != nil || l.perAddress == 0 || l.exempt(ap.Addr().Unmap().WithZone("")) {
		return netip.Addr{}, true
	}
	client = web.Network(ap.Addr())
	site := web.Site(client)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[client] >= l.perAddress || l.sites[site] >= siteConnections*l.perAddress {
		return client, false
	}
	l.open[client]++
	if site.IsValid() {
		l.sites[site]++
	}
	return client, true
}

func (l *limitListener) release(client netip.Addr) {
	<-l.slots
	if !client.IsValid() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	decrement(l.open, client)
	if site := web.Site(client); site.IsValid() {
		decrement(l.sites, site)
	}
}

// decrement takes one from a count of connections, which is above 0.
func decrement(counts map[netip.Addr]int, of netip.Addr) {
	if counts[of]--; counts[of] == 0 {
		delete(counts, of)
	}
}

// A limitedConn is a connection that frees its slot when it is closed.
type limitedConn struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite lets net/http finish its answer to a client that is still sending, without
// losing the answer.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
