"""Middle and best quality that leidenalg finds on Zachary's karate club under the constant Potts model, of 1,000 runs each.

Prints the table LEIDENALG of src/clusters/communities.rs. Needs leidenalg and igraph (requirements.txt).
Quality is half of what leidenalg's CPMVertexPartition answers, which counts every tie from both ends: the sum over
communities of (ties inside) - resolution x n (n - 1) / 2.
"""

import igraph
import leidenalg

club = igraph.Graph.Famous("Zachary")
print(f"# leidenalg {leidenalg.version}, igraph {igraph.__version__}")
for resolution in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5):
    found = sorted(
        leidenalg.find_partition(
            club, leidenalg.CPMVertexPartition, resolution_parameter=resolution, seed=seed, n_iterations=-1
        ).quality()
        / 2
        for seed in range(1000)
    )
    print(f"({resolution}, {found[500]:.4f}, {found[-1]:.4f}),")
