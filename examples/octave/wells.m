function wells(steps)
% Walkers in a double well: a computation whose result does not depend on how often it was interrupted.
% octave-cli --eval wells, or matlab -batch wells

  if nargin < 1
    steps = 1000000;
  end
  checkpoint = 'wells.mat';
  stop_file = getenv('CKWRAP_STOP_FILE');  % ckwrap creates it when the time is up
  if isempty(stop_file)
    stop_file = 'STOP';
  end

  if isfile(checkpoint)
    state = load(checkpoint);
    set_generator(state.generator);
    fprintf('continuing at step %d\n', state.step);
  else
    seed_generator(4711);
    state = struct('step', 0, 'x', -ones(1000, 1), 'right', 0);
  end

  dt = 0.001;
  while state.step < steps
    x = state.x;
    state.x = x + (x - x.^3) * dt + sqrt(0.5 * dt) * randn(size(x));
    state.right = state.right + mean(state.x > 0);
    state.step = state.step + 1;
    if mod(state.step, 100) == 0 && isfile(stop_file)
      save_checkpoint(checkpoint, state);
      fprintf('stopped at step %d\n', state.step);
      exit(85);  % saved and stopped, not done
    end
  end

  save_checkpoint(checkpoint, state);
  file = fopen('wells.txt', 'w');
  fprintf(file, '%.17g\n', state.right / steps, state.x);
  fclose(file);
end

function save_checkpoint(checkpoint, state)
  % With the generator's state: without it the walk would go on with other random numbers.
  state.generator = get_generator();
  temporary = [checkpoint '.tmp'];
  save(temporary, '-struct', 'state', '-v7');
  % Only a whole file gets the name.
  [moved, message] = movefile(temporary, checkpoint, 'f');
  if ~moved
    error('cannot rename %s: %s', temporary, message);
  end
end

% MATLAB has one generator with one state, Octave one for each distribution.

function seed_generator(seed)
  if is_octave()
    rand('state', seed);
    randn('state', seed);
  else
    rng(seed);
  end
end

function state = get_generator()
  if is_octave()
    state = struct('rand', rand('state'), 'randn', randn('state'));
  else
    state = rng();
  end
end

function set_generator(state)
  if is_octave()
    rand('state', state.rand);
    randn('state', state.randn);
  else
    rng(state);
  end
end

function yes = is_octave()
  yes = exist('OCTAVE_VERSION', 'builtin') ~= 0;
end
