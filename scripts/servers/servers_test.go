// Servers runs servers as they are published, each alone on a machine, and lets the clients
// talk to them that people use. The programs below it are the shortest that make servers
// of libraries; NATS and the S3 server are commands of their own modules.
package servers

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/quic-go/quic-go/http3"
)

// limit is how long each server may take, once it is built.
const limit = 10 * time.Minute

// natsServer and s3Server are commands.
const (
	natsServer = "github.com/nats-io/nats-server/v2@v2.15.3"
	s3Server   = "github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0"
	mqttServer = "github.com/mochi-mqtt/server/v2/examples/tcp@v2.6.6"
	dnsServer  = "github.com/coredns/coredns@v1.12.0"
	exporter   = "github.com/prometheus/node_exporter@v1.9.1"
)

// serve starts a server, whose port of the guest (with /udp or not) is led to the one it
// returns. The machine ends with the test.
func serve(t *testing.T, guest, target string, flags []string, args ...string) (port int) {
	t.Helper()
	bin := os.Getenv("YOLK")
	if bin == "" {
		t.Fatal("YOLK does not name the yolk command: use make test-servers")
	}
	built := filepath.Join(t.TempDir(), "server.yolk")
	if out, err := exec.Command(bin, "build", "-o", built, target).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port = freePort(t, strings.HasSuffix(guest, "/udp"))
	line := append([]string{"run", "-p", fmt.Sprintf("%d:%s", port, guest)}, flags...)
	cmd := exec.Command(bin, append(append(line, target, "--"), args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Bool
	ended := make(chan struct{})
	go func() {
		if err := cmd.Wait(); !asked.Load() {
			t.Errorf("the machine ended: %v", err)
		}
		close(ended)
	}()
	late := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		late.Stop()
		asked.Store(true)
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Log(out.String())
		}
	})
	return port
}

func freePort(t *testing.T, udp bool) int {
	t.Helper()
	if udp {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).Port
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// retry tries until the server is up.
func retry(t *testing.T, what func() error) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		err := what()
		if err == nil {
			return
		}
		if t.Failed() || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// talk runs a client whose output is to have want in it.
func talk(want string, line ...string) error {
	out, err := exec.Command(line[0], line[1:]...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		return fmt.Errorf("%q: %v, %q, want %q", line, err, out, want)
	}
	return nil
}

func text(t *testing.T, name, content string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// natsConf has what a message's publisher was told is kept on the disk.
const natsConf = "listen: \"0.0.0.0:4222\"\njetstream: {store_dir: \"/data\", sync_interval: always}\n"

// connect returns the stream "kept" of a NATS server, which it makes if need be.
func connect(ctx context.Context, port int, options ...nats.Option) (*nats.Conn, jetstream.JetStream, error) {
	c, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", port), append(options, nats.Timeout(10*time.Second), nats.NoReconnect())...)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(c)
	if err == nil {
		_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "kept", Subjects: []string{"kept.>"}})
	}
	if err != nil {
		c.Close()
	}
	return c, js, err
}

func TestNATS(t *testing.T) {
	port := serve(t, "4222", natsServer, []string{"-memory", "256M", "-files", text(t, "nats.conf", natsConf)}, "-c", "/nats.conf")
	var c *nats.Conn
	var js jetstream.JetStream
	retry(t, func() (err error) { c, js, err = connect(t.Context(), port); return err })
	defer c.Close()
	for i := range 500 {
		if a, err := js.Publish(t.Context(), "kept.n", fmt.Appendf(nil, "message %d", i)); err != nil || a.Sequence != uint64(i+1) {
			t.Fatal(i, a, err)
		}
	}
	consumer, err := js.CreateConsumer(t.Context(), "kept", jetstream.ConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	batch, err := consumer.Fetch(500, jetstream.FetchMaxWait(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for m := range batch.Messages() {
		if string(m.Data()) != fmt.Sprintf("message %d", n) || m.Ack() != nil {
			t.Fatalf("%d: %q", n, m.Data())
		}
		n++
	}
	if n != 500 {
		t.Errorf("%d messages: %v", n, batch.Error())
	}
}

func TestMQTT(t *testing.T) {
	port := fmt.Sprint(serve(t, "1883", mqttServer, nil))
	retry(t, func() error {
		return talk("", "mosquitto_pub", "-p", port, "-q", "2", "-r", "-t", "greeting", "-m", "hello from the host")
	})
	if err := talk("hello from the host", "mosquitto_sub", "-p", port, "-q", "2", "-t", "greeting", "-C", "1", "-W", "60"); err != nil {
		t.Error(err)
	}
}

func TestS3(t *testing.T) {
	port := serve(t, "9000", s3Server, []string{"-memory", "256M"}, "-backend", "mem", "-host", ":9000")
	client := []string{"s3cmd", "--config=/dev/null", "--access_key=key", "--secret_key=secret", "--no-ssl", "--multipart-chunk-size-mb=5", "--host-bucket="}
	client = append(client, fmt.Sprintf("--host=127.0.0.1:%d", port))
	retry(t, func() error { return talk("", append(client, "mb", "s3://bucket")...) })
	data := strings.Repeat("sixteen bytes ! ", 6<<20/16) // two parts
	back := filepath.Join(t.TempDir(), "back")
	for _, c := range [][]string{
		{"", "put", text(t, "large", data), "s3://bucket/a/large"}, {" 6291456  s3://bucket/a/large\n", "ls", "-r", "s3://bucket"}, {"", "get", "s3://bucket/a/large", back},
	} {
		if err := talk(c[0], append(client, c[1:]...)...); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(back); string(got) != data || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestDNS(t *testing.T) {
	zone := text(t, "zone", "@ 60 IN SOA ns admin 1 60 60 60 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.9\nwww 60 IN A 192.0.2.1\nlong 60 IN TXT \""+strings.Repeat("x", 200)+"\" \""+strings.Repeat("y", 200)+"\"\n")
	flags := []string{"-memory", "256M", "-files", zone + ":/", "-files", text(t, "Corefile", "example.:53 {\n file /zone\n errors\n}\n") + ":/"}
	port := fmt.Sprint(serve(t, "53/udp", dnsServer, flags, "-conf", "/Corefile"))
	dig := []string{"dig", "@127.0.0.1", "-p", port, "+short", "+tries=1", "+time=10"}
	retry(t, func() error { return talk("192.0.2.1\n", append(dig, "www.example")...) })
	if err := talk(strings.Repeat("y", 200), append(dig, "+bufsize=1232", "long.example", "TXT")...); err != nil {
		t.Error(err)
	}
}

func TestBolt(t *testing.T) {
	at := fmt.Sprintf("http://127.0.0.1:%d/", serve(t, "8080", "./bolt", nil))
	retry(t, func() error { return talk("", "curl", "-sf", "-T", text(t, "a", "first"), at+"a") })
	for _, c := range [][]string{{"", "-T", text(t, "b", "second"), at + "b"}, {"first", at + "a"}, {"a\nb\n", at}} {
		if err := talk(c[0], append([]string{"curl", "-sf"}, c[1:]...)...); err != nil {
			t.Error(err)
		}
	}
}

func TestSQLite(t *testing.T) {
	at := fmt.Sprintf("http://127.0.0.1:%d/", serve(t, "8080", "./sqlite", []string{"-memory", "256M"}))
	ask := func(want, statement string) error {
		return talk(want, "curl", "-sf", "-d", statement, at+"?v=1&v=2")
	}
	retry(t, func() error { return ask("", "create table if not exists t (a integer, b text)") })
	for _, c := range [][2]string{
		{"", "insert into t with recursive n(i) as (select cast(?1 as integer) union all select i+1 from n where i < 1000) select i, 'row ' || i || ?2 from n"},
		{"1000\t500500\trow 9992\n", "select count(*), sum(a), max(b) from t where ?1 < ?2"},
		{"wal\n", "pragma journal_mode"},
		{"ok\n", "pragma integrity_check"},
	} {
		if err := ask(c[0], c[1]); err != nil {
			t.Error(err)
		}
	}
}

func TestSSH(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := talk("", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key); err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(serve(t, "22", "./ssh", []string{"-files", key + ".pub:/authorized_keys"}))
	retry(t, func() error {
		return talk("ada: [\"echo\" \"three\"]\n", "sh", "-c", "echo hello | ssh -i "+key+" -p "+port+
			" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null ada@127.0.0.1 echo three; test $? = 2")
	})
}

// TestNodeExporter: its collectors find what they look for, of what a machine has.
func TestNodeExporter(t *testing.T) {
	at := fmt.Sprintf("http://127.0.0.1:%d/metrics", serve(t, "9100", exporter, []string{"-memory", "256M", "-cpus", "2"}))
	var metrics string
	retry(t, func() error {
		out, err := exec.Command("curl", "-sf", at).Output()
		metrics = string(out)
		return err
	})
	for _, name := range strings.Fields("cpu diskstats entropy filefd filesystem loadavg meminfo netclass netdev netstat os schedstat sockstat softnet stat time udp_queues uname vmstat") {
		if !strings.Contains(metrics, `node_scrape_collector_success{collector="`+name+`"} 1`) {
			t.Errorf("%s found nothing", name)
		}
	}
	for _, figure := range []string{"node_intr_total", `node_schedstat_running_seconds_total{cpu="1"}`, `node_schedstat_timeslices_total{cpu="0"}`,
		`node_softnet_processed_total{cpu="0"}`, "node_netstat_Icmp_InMsgs", "node_netstat_TcpExt_ListenDrops", "node_netstat_Tcp_PassiveOpens", "node_vmstat_oom_kill"} {
		_, rest, found := strings.Cut(metrics, "\n"+figure+" ")
		value, _, _ := strings.Cut(rest, "\n")
		never := strings.Contains(figure, "Icmp") || strings.Contains(figure, "Drops") || strings.Contains(figure, "oom") // happened
		if !found || (value == "0") != never {
			t.Errorf("%s is %q", figure, value)
		}
	}
}

// TestWireGuard: wireguard-go makes an interface by /dev/net/tun, and both ends speak over lo.
func TestWireGuard(t *testing.T) {
	out, err := exec.Command(os.Getenv("YOLK"), "run", "-q", "./wireguard").Output()
	if want := "wg0 has an MTU of 1420\n100 datagrams came back\n"; err != nil || string(out) != want {
		t.Errorf("%v, %q, want %q", err, out, want)
	}
}

// TestHTTP3: a client here by the user network, which has no ECN, and one in the machine.
func TestHTTP3(t *testing.T) {
	at := fmt.Sprintf("https://127.0.0.1:%d/", serve(t, "8443/udp", "./http3", nil))
	c := http.Client{Transport: &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: 30 * time.Second}
	retry(t, func() error {
		r, err := c.Post(at, "text/plain", strings.NewReader(strings.Repeat("x", 1<<20)))
		if err != nil {
			return err
		}
		defer r.Body.Close()
		if b, err := io.ReadAll(r.Body); string(b) != "HTTP/3.0, and 1048576 bytes\n" || err != nil {
			return fmt.Errorf("%q, %v", b, err)
		}
		return nil
	})
	out, err := exec.Command(os.Getenv("YOLK"), "run", "-q", "-net", "none", "./http3", "--", "-self").CombinedOutput()
	for _, want := range []string{"HTTP/3.0, and 1048576 bytes\n<nil>\n", "client true: ECN is capable", "client false: ECN is capable"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, %s, want %s", err, out, want)
		}
	}
}
