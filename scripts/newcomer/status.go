package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"yolk/boot/child"
	"yolk/boot/qemu"
)

// statusPage photographs the status page of httpd with a browser, while a client asks it
// for pages.
func statusPage(yolk, root string) (picture []byte, err error) {
	port, err := qemu.FreePort("tcp")
	if err != nil {
		return nil, err
	}
	page, err := qemu.FreePort("tcp")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "newcomer")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	machine := exec.Command(yolk, "run", "-q", "-memory", "32M", "-p", fmt.Sprintf("%d:8080", port), "-status", fmt.Sprintf(":%d", page), filepath.Join(root, "apps/httpd"))
	machine.Stderr = os.Stderr
	if err := child.Start(machine); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ended(machine)) }()
	ctx, cancel := context.WithTimeout(context.Background(), photoTime)
	defer cancel()
	if err := ask(ctx, fmt.Sprintf("http://127.0.0.1:%d/metrics", page)); err != nil {
		return nil, err
	}
	go func() {
		for ctx.Err() == nil {
			ask(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port))
			time.Sleep(50 * time.Millisecond)
		}
	}()
	at, err := paced(ctx, fmt.Sprintf("127.0.0.1:%d", page))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "status.png")
	browser := exec.CommandContext(ctx, "chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir="+folder,
		"--window-size=900,895", "--virtual-time-budget=60000", "--screenshot="+file, "http://"+at+"/")
	if out, err := child.Output(browser); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return os.ReadFile(file)
}

// paced serves the status page of a machine at another address, until ctx ends, and its
// figures once a second. The browser that is to wait a minute has a clock that runs as
// fast as what it asked for comes, that is with the machine's.
func paced(ctx context.Context, machine string) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	page := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: machine})
	second := time.Tick(time.Second)
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			<-second
		}
		page.ServeHTTP(w, r)
	}))
	return l.Addr().String(), nil
}

// photoTime is how long the machine, its pages and the browser may take.
const photoTime = 3 * time.Minute

// ended ends yolk run as Ctrl-C does.
func ended(machine *exec.Cmd) error {
	machine.Process.Signal(os.Interrupt)
	err := machine.Wait()
	if machine.ProcessState.ExitCode() == 128+int(syscall.SIGINT) {
		return nil
	}
	return err
}

// ask asks until there is an answer.
func ask(ctx context.Context, url string) error {
	client := http.Client{Timeout: 10 * time.Second}
	for {
		if answer, err := client.Get(url); err == nil {
			io.Copy(io.Discard, answer.Body)
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer", url)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
