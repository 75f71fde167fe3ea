package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A job is the tests of one package on the configs for which they are to run.
// They run one after the other, so that they share the linked image.
type job struct {
	path string
	on   []config
}

// fill runs what the table lacks, and stores each result at once.
func fill(ctx context.Context, o *options, s *store, std *library, on []config, names []string) error {
	commit, err := head(ctx)
	if err != nil {
		return err
	}
	var jobs []job
	runs := 0
	for _, path := range std.named(names) {
		j := job{path: path}
		for _, c := range on {
			old := s.get(c.name, path)
			done := old.Status != "" && old.Status != unbuilt && (o.missing || old.Commit == commit && !o.again)
			if !done && std.of(c.arch, path) != nil {
				j.on = append(j.on, c)
			}
		}
		if runs += len(j.on); len(j.on) > 0 {
			jobs = append(jobs, j)
		}
	}
	fmt.Printf("%d packages, %d runs, at %s\n", len(jobs), runs, commit)
	var done atomic.Int64
	return each(o.jobs, jobs, func(j job) error {
		host := std.of(std.host, j.path)
		linux := outcome{Status: passed}
		if host != nil {
			var err error
			if linux, err = s.onLinux(host, o.again, func() (outcome, error) { return onLinux(ctx, o, host), ctx.Err() }); err != nil {
				return err
			}
		}
		for _, c := range j.on {
			p := std.of(c.arch, j.path)
			yolk := onYolk(ctx, o, c, p)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r := compare(j.path, linux, yolk, p.declares)
			r.Commit, r.Date = commit, today()
			fmt.Printf("%4d/%d %-8s %s", done.Add(1), runs, c.name, describe(&r))
			if err := s.put(c.name, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// head names the commit of the sources, which is what images are made of.
func head(ctx context.Context) (string, error) {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", source()}, args...)...).Output()
		if err != nil {
			return "", fmt.Errorf("git %s: %w: results are kept by commit", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out)), nil
	}
	commit, err := git("rev-parse", "--short=7", "HEAD")
	if err != nil {
		return "", err
	}
	changed, err := git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":/!scripts")
	if changed != "" {
		commit += "+"
	}
	return commit, err
}

// check runs packages on Yolk and fails for every test that fails there without
// a known reason.
func check(ctx context.Context, o *options, std *library, on []config, names []string) error {
	var jobs []job
	runs := 0
	wanted := names
	if len(names) == 0 {
		wanted = quick
	}
	for _, path := range std.named(wanted) {
		j := job{path: path}
		for i, c := range on {
			if std.of(c.arch, path) != nil && (i == 0 || len(names) > 0 || slices.Contains(core, path)) {
				j.on = append(j.on, c)
			}
		}
		runs += len(j.on)
		jobs = append(jobs, j)
	}
	slices.SortStableFunc(jobs, func(a, b job) int { return slices.Index(slow, b.path) - slices.Index(slow, a.path) })
	var done, bad atomic.Int64
	err := each(o.jobs, jobs, func(j job) error {
		for _, c := range j.on {
			p := std.of(c.arch, j.path)
			r := compare(j.path, outcome{Status: passed}, onYolk(ctx, o, c, p), p.declares)
			fmt.Printf("%4d/%d %-8s %s", done.Add(1), runs, c.name, describe(&r))
			if r.verdict() == worse {
				bad.Add(1)
				fmt.Println("             log:", logFile(o, c.name, p))
			}
		}
		return ctx.Err()
	})
	if n := bad.Load(); err == nil && n > 0 {
		err = fmt.Errorf("%d of %d runs fail", n, done.Load())
	}
	return err
}

// describe is a line for a result, and one for each failure that has no known
// reason.
func describe(r *result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %s %.1fs\n", r.verdict(), r.Package, r.Seconds)
	for _, e := range r.explain() {
		if !e.known {
			fmt.Fprintf(&b, "             %s: %s\n", e.test, e.why)
		}
	}
	return b.String()
}

// each calls f for all jobs, n at a time, and returns the errors.
func each(n int, list []job, f func(job) error) error {
	next := make(chan job)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs error
	for range max(n, 1) {
		wg.Go(func() {
			for j := range next {
				if err := f(j); err != nil {
					mu.Lock()
					errs = errors.Join(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, j := range list {
		next <- j
	}
	close(next)
	wg.Wait()
	return errs
}
