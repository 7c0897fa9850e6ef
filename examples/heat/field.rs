//! The computation: temperatures on a square plate and one explicit finite-difference step.
//!
//! Knows nothing of files and signals. One thread and one fixed order of operations: the same steps give the same
//! bits, however often the run was interrupted between them.

/// Temperatures on an N x N grid, and how many steps led to them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    size: usize,
    step: u64,
    points: Vec<f64>,
    /// The next step is built here; kept, so that a step allocates nothing.
    next: Vec<f64>,
}

/// Diffusion number of one step; the scheme is stable up to 0.25.
const RATE: f64 = 0.2;

/// Fixed temperature of the hot edge; the other three are held at zero.
const HOT: f64 = 100.0;

impl Field {
    /// A cold plate with one hot edge.
    pub(crate) fn new(size: u32) -> Self {
        let size = size as usize;
        let mut points = vec![0.0; size * size];
        points.iter_mut().take(size).for_each(|point| *point = HOT);
        Self { size, step: 0, next: points.clone(), points }
    }

    /// The state as it was saved: `None` if there are not exactly `size * size` points.
    pub(crate) fn restore(size: u32, step: u64, points: Vec<f64>) -> Option<Self> {
        let size = size as usize;
        let complete = size.checked_mul(size) == Some(points.len());
        complete.then(|| Self { size, step, next: points.clone(), points })
    }

    /// Points along one side.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Steps done.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    /// The temperatures, row by row.
    pub(crate) fn points(&self) -> &[f64] {
        &self.points
    }

    /// Does one step. The edges keep their temperature.
    pub(crate) fn advance(&mut self) {
        let above = self.points.chunks_exact(self.size);
        let middle = above.clone().skip(1);
        let below = above.clone().skip(2);
        let inner_rows = self.next.chunks_exact_mut(self.size).skip(1);
        for (((target, above), middle), below) in inner_rows.zip(above).zip(middle).zip(below) {
            let inner = target.iter_mut().skip(1);
            for (((target, row), up), down) in
                inner.zip(middle.windows(3)).zip(above.iter().skip(1)).zip(below.iter().skip(1))
            {
                if let [left, centre, right] = row {
                    *target = centre + RATE * (left + right + up + down - 4.0 * centre);
                }
            }
        }
        std::mem::swap(&mut self.points, &mut self.next);
        self.step += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advanced(mut field: Field, steps: u64) -> Field {
        (0..steps).for_each(|_| field.advance());
        field
    }

    #[test]
    fn heat_flows_from_the_hot_edge_and_the_edges_stay() {
        let field = advanced(Field::new(9), 500);
        let at = |row: usize, column: usize| field.points()[row * 9 + column];
        assert!((1..7).all(|row| at(row, 4) > at(row + 1, 4) && at(row + 1, 4) > 0.0));
        assert!((1..8).all(|row| (at(row, 1) - at(row, 7)).abs() < 1e-9), "the plate is symmetric");
        assert!((0..9).all(|column| at(0, column).to_bits() == HOT.to_bits() && at(8, column) == 0.0));
    }

    #[test]
    fn settles_where_each_point_is_the_mean_of_its_neighbours() {
        let field = advanced(Field::new(7), 2000);
        let at = |row: usize, column: usize| field.points()[row * 7 + column];
        for (row, column) in (1..6).flat_map(|row| (1..6).map(move |column| (row, column))) {
            let mean =
                (at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1)) / 4.0;
            assert!((at(row, column) - mean).abs() < 1e-9, "row {row}, column {column}");
        }
    }

    #[test]
    fn a_restored_field_goes_on_bit_for_bit() {
        let halfway = advanced(Field::new(20), 50);
        let restored = Field::restore(20, halfway.step(), halfway.points().to_vec()).unwrap();
        let (straight, continued) = (advanced(halfway, 50), advanced(restored, 50));
        assert_eq!(straight.step(), continued.step());
        assert!(straight.points().iter().zip(continued.points()).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn a_field_with_missing_points_is_refused() {
        assert_eq!(Field::restore(3, 1, vec![0.0; 8]), None);
    }
}
