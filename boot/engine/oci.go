package engine

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// KernelPath is where the image is in the file system of an OCI image: what KubeVirt
// calls kernelPath.
const KernelPath = "image/kernel"

// Labels of the OCI image, which say how to start it.
const (
	LabelMachine = "org.yolk.machine"
	LabelMemory  = "org.yolk.memory" // bytes
	LabelCPUs    = "org.yolk.cpus"
	LabelCmdline = "org.yolk.cmdline"
)

// OCI returns the OCI image: one layer with the kernel in it, and nothing of the time it
// was made, so that the same machine is the same image (OCI image specification 1.1).
func (m *Machine) OCI() (v1.Image, error) {
	files, err := m.layer()
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files)), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture, config.OS = m.Machine.Arch, "linux" // what registries and engines know
	config.Config.Labels = map[string]string{
		"org.opencontainers.image.title": m.Name,
		LabelMachine:                     m.Machine.Machine,
		LabelMemory:                      strconv.FormatInt(m.Machine.Memory, 10),
		LabelCPUs:                        strconv.Itoa(m.Machine.CPUs),
		LabelCmdline:                     m.Machine.Append,
	}
	return mutate.ConfigFile(image, config)
}

// layer is the archive of files.
func (m *Machine) layer() ([]byte, error) {
	kernel, err := os.ReadFile(m.Image)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "image/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: KernelPath, Mode: 0o644, Size: int64(len(kernel))},
	} {
		if err := w.WriteHeader(&h); err != nil {
			return nil, err
		}
	}
	if _, err := w.Write(kernel); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// WriteOCI writes the OCI image as an image layout, a folder, under the name "latest".
func (m *Machine) WriteOCI(folder string) error {
	image, err := m.OCI()
	if err != nil {
		return err
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendImage(image, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "latest"}),
		layout.WithPlatform(v1.Platform{Architecture: m.Machine.Arch, OS: "linux"}))
}
