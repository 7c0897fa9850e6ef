#!/bin/bash
# make-cavity.sh DIR [END]: the flow in a box under a moving lid, 60 x 60 cells, ready for icoFoam, and cut in two for
# icoFoam -parallel. 5000 steps to each second of END.
set -euo pipefail

directory=${1:?usage: make-cavity.sh DIR [END]}
end=${2:-10}
# Where Debian's package has it; elsewhere OpenFOAM's own bashrc sets it.
export WM_PROJECT_DIR=${WM_PROJECT_DIR:-/usr/share/openfoam}
mkdir -p "$directory"
cd "$directory"
mkdir -p 0 constant system

# FILE CLASS, and the rest of it on standard input.
dictionary() {
  {
    printf 'FoamFile { version 2.0; format ascii; class %s; object %s; }\n\n' "$2" "${1##*/}"
    cat
  } >"$1"
}

dictionary system/controlDict dictionary <<END
application icoFoam;
// ckwrap needs this: with startTime every segment would begin at 0 again.
startFrom latestTime;
startTime 0;
stopAt endTime;
endTime $end;
deltaT 0.0002;
writeControl timeStep;
writeInterval 1000;
// Exact to the last bit; ascii has writePrecision digits.
writeFormat binary;
timeFormat general;
timePrecision 10;
END

dictionary system/fvSchemes dictionary <<'END'
ddtSchemes { default Euler; }
gradSchemes { default Gauss linear; }
divSchemes { default Gauss linear; }
laplacianSchemes { default Gauss linear orthogonal; }
interpolationSchemes { default linear; }
snGradSchemes { default orthogonal; }
END

dictionary system/fvSolution dictionary <<'END'
solvers
{
    p { solver PCG; preconditioner DIC; tolerance 1e-06; relTol 0.05; }
    pFinal { $p; relTol 0; }
    U { solver smoothSolver; smoother symGaussSeidel; tolerance 1e-05; relTol 0; }
}
PISO { nCorrectors 2; nNonOrthogonalCorrectors 0; pRefCell 0; pRefValue 0; }
END

dictionary system/decomposeParDict dictionary <<'END'
numberOfSubdomains 2;
method simple;
simpleCoeffs { n (2 1 1); delta 0.001; }
END

dictionary system/blockMeshDict dictionary <<'END'
scale 0.1;
vertices ((0 0 0) (1 0 0) (1 1 0) (0 1 0) (0 0 0.1) (1 0 0.1) (1 1 0.1) (0 1 0.1));
blocks (hex (0 1 2 3 4 5 6 7) (60 60 1) simpleGrading (1 1 1));
edges ();
boundary
(
    lid { type wall; faces ((3 7 6 2)); }
    walls { type wall; faces ((0 4 7 3) (2 6 5 1) (1 5 4 0)); }
    sides { type empty; faces ((0 3 2 1) (4 5 6 7)); }
);
END

dictionary constant/transportProperties dictionary <<'END'
nu 0.01;
END

dictionary 0/U volVectorField <<'END'
dimensions [0 1 -1 0 0 0 0];
internalField uniform (0 0 0);
boundaryField
{
    lid { type fixedValue; value uniform (1 0 0); }
    walls { type noSlip; }
    sides { type empty; }
}
END

dictionary 0/p volScalarField <<'END'
dimensions [0 2 -2 0 0 0 0];
internalField uniform 0;
boundaryField
{
    lid { type zeroGradient; }
    walls { type zeroGradient; }
    sides { type empty; }
}
END

run() {
  "$@" >make-cavity.log 2>&1 || { cat make-cavity.log >&2; exit 1; }
}
run blockMesh
run decomposePar -force
