// Soak attacks a web server on Yolk from every side and looks whether the polite
// are served meanwhile, and as well as ever afterwards.
//
//	go run ./scripts/soak [-duration 10m] [-machines 24M/1,64M/2] [-attacks synflood=20000,slowloris]
//
// Each machine has a twin that is never attacked. Polite clients load the two in
// turn, before and after each attack, and the ratio of their rates is compared: what
// else the host does takes from both. Emulators, clients and attackers live in a
// network namespace of their own, which ends with this program; their traffic
// cannot leave it. Making one needs root, or a system on which users may make
// namespaces.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	duration time.Duration
	beds     []bed
	attacks  []planned
	json     string
	svg      string
	image    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	status, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	os.Exit(status)
}

// run builds the server and starts this program again where it can do no harm.
func run(ctx context.Context, o options) (status int, err error) {
	if o.image == "" {
		image, remove, err := buildServer(ctx)
		if err != nil {
			return 1, err
		}
		defer remove()
		return inNamespace(append(os.Args[1:], "-image", image))
	}
	if err := (&session{options: o, ctx: ctx}).run(); err != nil {
		return 1, err
	}
	return 0, nil
}

// parse reads the command line.
func parse() (o options, err error) {
	flag.DurationVar(&o.duration, "duration", 10*time.Minute, "how long all of it shall take, but for booting and for waiting until memory is back")
	machines := flag.String("machines", "24M/1,24M/2,64M/1,64M/2,256M/1,256M/2", "`LIST` of memory and processors; q35/64M/1 or microvm/64M/1 to choose the machine, otherwise alternately")
	attacks := flag.String("attacks", strings.Join(attackNames(), ","), "`LIST` of attacks, each with =NUMBER for another strength")
	flag.StringVar(&o.json, "json", "", "write the figures to `FILE`")
	flag.StringVar(&o.svg, "svg", "", "draw them into `FILE`")
	flag.StringVar(&o.image, "image", "", "attack this image in this network namespace (for the soak itself)")
	flag.Parse()
	if flag.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; see -help", flag.Arg(0))
	}
	if o.beds, err = parseBeds(*machines); err != nil {
		return o, err
	}
	o.attacks, err = parseAttacks(*attacks)
	return o, err
}
